"""An account at a Stripe-compatible server of the tests' own, in the shapes that Stripe's versions write.

Covers what localstripe lacks: prices, disputes, credit notes, numbers of invoices, newer and older versions.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.gateways.server import Answer, Asked, Server, answering

type Body = dict[str, Any]
START = 1_767_225_600  # 2026-01-01
DAY = 86_400
MONTH = 31 * DAY
KEY = "sk_test_recorded000000000"

KINDS = (
    "customers",
    "payment_methods",
    "products",
    "prices",
    "plans",
    "subscriptions",
    "payment_intents",
    "charges",
    "invoices",
    "invoice_payments",
    "refunds",
    "disputes",
    "credit_notes",
    "early_fraud_warnings",
    "checkout_sessions",
    "payouts",
    "deleted_invoices",
)
#: Lists that stand a step further down.
PLACES = {"radar/early_fraud_warnings": "early_fraud_warnings", "checkout/sessions": "checkout_sessions"}


class Account:
    """Objects by kind and id, newest first as Stripe lists them; ``version`` is "old" or "new"."""

    def __init__(self, version: str = "new") -> None:
        self.version = version
        self.objects: dict[str, dict[str, Body]] = {kind: {} for kind in KINDS}
        self.refuse: dict[str, Answer] = {}

    @property
    def new(self) -> bool:
        return self.version == "new"

    def put(self, kind: str, body: Body) -> Body:
        self.objects[kind][body["id"]] = body
        return body

    def customer(self, n: int, **more: Any) -> Body:
        address = {"line1": f"Hafenstraße {n}", "city": "Hamburg", "postal_code": "20457", "country": "DE"}
        return self.put(
            "customers",
            {
                "id": f"cus_{n:04}",
                "object": "customer",
                "created": START + n,
                "name": f"Jude Okafor {n}",
                "email": f"payer{n}@halden.example",
                "address": {**address, "line2": None, "state": None},
                "currency": "eur",
                "preferred_locales": ["de-DE"],
                "invoice_settings": {"default_payment_method": f"pm_{n:04}"},
                "brand_new_field": {"of": "next year"},
                **more,
            },
        )

    def method(self, n: int, **more: Any) -> Body:
        card = {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2031, "fingerprint": f"Fp{n}"}
        return self.put(
            "payment_methods",
            {
                "id": f"pm_{n:04}",
                "object": "payment_method",
                "type": "card",
                "created": START + n,
                "customer": f"cus_{n:04}",
                "card": {**card, "number": "4242424242424242", "cvc": "123"},
                **more,
            },
        )

    def catalog(self) -> None:
        self.put(
            "products",
            {
                "id": "prod_pro",
                "object": "product",
                "created": START,
                "name": "Halden Pro",
                "active": True,
                "marketing_features": [{"name": "Unlimited projects"}],
            },
        )
        self.put("prices", self.price("price_pro_month", 4900))

    def price(self, gid: str, amount: int) -> Body:
        if self.new:
            return {
                "id": gid,
                "object": "price",
                "created": START,
                "active": True,
                "product": "prod_pro",
                "currency": "eur",
                "unit_amount": amount,
                "unit_amount_decimal": str(amount),
                "tax_behavior": "exclusive",
                "type": "recurring",
                "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
            }
        return {
            "id": gid,
            "object": "plan",
            "created": START,
            "active": True,
            "product": "prod_pro",
            "currency": "eur",
            "amount": amount,
            "interval": "month",
            "interval_count": 1,
        }

    def subscription(self, n: int, quantity: int = 1, **more: Any) -> Body:
        price = self.price("price_pro_month", 4900)
        item: Body = {"id": f"si_{n:04}", "object": "subscription_item", "quantity": quantity}
        body: Body = {
            "id": f"sub_{n:04}",
            "object": "subscription",
            "status": "active",
            "customer": f"cus_{n:04}",
            "created": START + n,
            "start_date": START + n,
            "billing_cycle_anchor": START + n,
            "currency": "eur",
        }
        period = {"current_period_start": START + n, "current_period_end": START + n + MONTH}
        if self.new:
            body["items"] = {"object": "list", "data": [{**item, "price": price, **period}]}
        else:
            body |= {"items": {"object": "list", "data": [{**item, "plan": price}]}, **period}
        return self.put("subscriptions", {**body, **more})

    def paid_invoice(self, n: int, net: int = 4900, **more: Any) -> Body:
        """An invoice of a subscription with 19 % on it, its intent, its charge with a fee."""
        tax = net * 19 // 100
        total = net + tax
        self.intent(n, total)
        self.charge(n, total)
        line: Body = {
            "id": f"il_{n:04}",
            "object": "line_item",
            "amount": net,
            "currency": "eur",
            "description": "1 × Halden Pro (at €49.00 / month)",
            "quantity": 1,
            "period": {"start": START + n, "end": START + n + MONTH},
        }
        body: Body = {
            "id": f"in_{n:04}",
            "object": "invoice",
            "number": f"HALDEN-{n:04}",
            "status": "paid",
            "created": START + n,
            "customer": f"cus_{n:04}",
            "customer_name": f"Jude Okafor {n}",
            "customer_address": {"line1": f"Hafenstraße {n}", "city": "Hamburg", "country": "DE"},
            "currency": "eur",
            "subtotal": net,
            "total": total,
            "amount_due": total,
            "amount_paid": total,
            "status_transitions": {"finalized_at": START + n + 60, "paid_at": START + n + 120},
        }
        if self.new:
            line |= {
                "taxes": [{"amount": tax, "tax_behavior": "exclusive"}],
                "pricing": {
                    "type": "price_details",
                    "price_details": {"price": "price_pro_month"},
                    "unit_amount_decimal": str(net),
                },
            }
            paid = {"type": "payment_intent", "payment_intent": f"pi_{n:04}"}
            link = {
                "id": f"inpay_{n:04}",
                "object": "invoice_payment",
                "invoice": body["id"],
                "amount_paid": total,
                "status": "paid",
                "payment": paid,
            }
            self.put("invoice_payments", link)
            body |= {
                "parent": {
                    "type": "subscription_details",
                    "subscription_details": {"subscription": f"sub_{n:04}"},
                },
                "total_taxes": [{"amount": tax, "tax_behavior": "exclusive"}],
                "payments": {"object": "list", "data": [link]},
            }
        else:
            line |= {
                "plan": self.price("price_pro_month", net),
                "tax_amounts": [{"amount": tax, "inclusive": False}],
            }
            body |= {
                "subscription": f"sub_{n:04}",
                "tax": tax,
                "total_tax_amounts": [{"amount": tax, "inclusive": False}],
                "payment_intent": f"pi_{n:04}",
                "charge": f"ch_{n:04}",
            }
        return self.put("invoices", {**body, "lines": {"object": "list", "data": [line]}, **more})

    def intent(self, n: int, amount: int, **more: Any) -> Body:
        body: Body = {
            "id": f"pi_{n:04}",
            "object": "payment_intent",
            "status": "succeeded",
            "created": START + n + 90,
            "customer": f"cus_{n:04}",
            "amount": amount,
            "amount_received": amount,
            "currency": "eur",
            "payment_method": f"pm_{n:04}",
            "latest_charge": f"ch_{n:04}",
            "client_secret": f"pi_{n:04}_secret_never",
        }
        if not self.new:
            body |= {"invoice": f"in_{n:04}"}
        return self.put("payment_intents", {**body, **more})

    def charge(self, n: int, amount: int, **more: Any) -> Body:
        card = {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2031, "fingerprint": f"Fp{n}"}
        return self.put(
            "charges",
            {
                "id": f"ch_{n:04}",
                "object": "charge",
                "status": "succeeded",
                "paid": True,
                "captured": True,
                "created": START + n + 100,
                "customer": f"cus_{n:04}",
                "payment_intent": f"pi_{n:04}",
                "payment_method": f"pm_{n:04}",
                "amount": amount,
                "amount_captured": amount,
                "amount_refunded": 0,
                "currency": "eur",
                "billing_details": {"email": f"payer{n}@halden.example"},
                "payment_method_details": {"type": "card", "card": card},
                "balance_transaction": {"id": f"txn_{n:04}", "currency": "eur", "amount": amount, "fee": 99},
                **more,
            },
        )

    def refund(self, n: int, amount: int, **more: Any) -> Body:
        return self.put(
            "refunds",
            {
                "id": f"re_{n:04}",
                "object": "refund",
                "status": "succeeded",
                "created": START + n + DAY,
                "amount": amount,
                "currency": "eur",
                "payment_intent": f"pi_{n:04}",
                "charge": f"ch_{n:04}",
                "metadata": {},
                **more,
            },
        )

    def dispute(self, n: int, amount: int, **more: Any) -> Body:
        moved = {
            "id": f"txn_dp_{n:04}",
            "amount": -amount,
            "fee": 1500,
            "currency": "eur",
            "created": START + n,
        }
        return self.put(
            "disputes",
            {
                "id": f"dp_{n:04}",
                "object": "dispute",
                "status": "needs_response",
                "reason": "fraudulent",
                "created": START + n + 2 * DAY,
                "amount": amount,
                "currency": "eur",
                "charge": f"ch_{n:04}",
                "evidence_details": {"due_by": START + 20 * DAY},
                "balance_transactions": [moved],
                **more,
            },
        )

    def credit_note(self, n: int, net: int, **more: Any) -> Body:
        tax = net * 19 // 100
        return self.put(
            "credit_notes",
            {
                "id": f"cn_{n:04}",
                "object": "credit_note",
                "number": f"HALDEN-{n:04}-CN-01",
                "status": "issued",
                "type": "post_payment",
                "created": START + n + 3 * DAY,
                "customer": f"cus_{n:04}",
                "invoice": f"in_{n:04}",
                "currency": "eur",
                "amount": net + tax,
                "total": net + tax,
                "total_excluding_tax": net,
                "reason": "order_change",
                **more,
            },
        )

    def payout(self, n: int, amount: int, **more: Any) -> Body:
        return self.put(
            "payouts",
            {
                "id": f"po_{n:04}",
                "object": "payout",
                "amount": amount,
                "currency": "eur",
                "created": START + n,
                "arrival_date": START + n + 2 * DAY,
                "automatic": True,
                "method": "standard",
                "status": "paid",
                "destination": "ba_1PgagAB7WZ01zgkWr3DySp2Q",
                **more,
            },
        )

    def warning(self, n: int, **more: Any) -> Body:
        return self.put(
            "early_fraud_warnings",
            {
                "id": f"issfr_{n:04}",
                "object": "radar.early_fraud_warning",
                "created": START + n + DAY,
                "charge": f"ch_{n:04}",
                "payment_intent": f"pi_{n:04}",
                "fraud_type": "made_with_stolen_card",
                "actionable": True,
                **more,
            },
        )

    def session(self, n: int, **more: Any) -> Body:
        return self.put(
            "checkout_sessions",
            {
                "id": f"cs_test_{n:04}",
                "object": "checkout.session",
                "created": START + n,
                "expires_at": START + n + DAY,
                "mode": "payment",
                "status": "complete",
                "payment_status": "paid",
                "payment_intent": f"pi_{n:04}",
                "customer": f"cus_{n:04}",
                "amount_total": 5831,
                "currency": "eur",
                **more,
            },
        )

    def beside(self, n: int) -> "Account":
        """What an account has besides: a payout, a session, a warning."""
        self.payout(n, 97_260)
        self.session(n)
        self.warning(n)
        return self

    def whole(self, customers: int) -> "Account":
        """Customers, each with a method, a subscription and a paid invoice; some with what follows."""
        self.catalog()
        for n in range(1, customers + 1):
            self.customer(n)
            self.method(n)
            self.subscription(n, quantity=1)
            self.paid_invoice(n)
            if n % 5 == 1:
                self.refund(n, 1000)
            if n % 7 == 2:
                self.dispute(n, 5831)
            if n % 6 == 3:
                self.credit_note(n, 1000)
        return self

    def answer(self, asked: Asked) -> Answer:
        address = urlsplit(asked.path)
        path = address.path
        for place, kind in PLACES.items():
            path = path.replace(place, kind)
        found = re.fullmatch(r"/v1/(\w+)(?:/(\w+))?", path)
        if found is None or found[1] not in self.objects:
            return Answer(404, b'{"error": {"type": "invalid_request_error", "message": "No such list"}}')
        kind, gid = found[1], found[2]
        if kind in self.refuse:
            return self.refuse[kind]
        if gid:
            body = self.objects[kind].get(gid)
            if body is None:
                return Answer(404, b'{"error": {"code": "resource_missing", "message": "No such object"}}')
            return Answer(200, json.dumps(body).encode())
        return Answer(200, json.dumps(self._list(kind, parse_qs(address.query))).encode())

    def _list(self, kind: str, asked: dict[str, list[str]]) -> Body:
        bodies = list(reversed(self.objects[kind].values()))
        for name in ("customer", "charge", "payment_intent"):
            if name in asked:
                bodies = [body for body in bodies if body.get(name) == asked[name][0]]
        after = asked.get("starting_after", [""])[0]
        start = next((i + 1 for i, body in enumerate(bodies) if body["id"] == after), 0)
        limit = int(asked.get("limit", ["10"])[0])
        page = bodies[start : start + limit]
        return {"object": "list", "data": page, "has_more": start + limit < len(bodies)}

    @contextmanager
    def serving(self, settings: Any) -> Iterator[Server]:
        with answering(self.answer) as server:
            settings.STRIPE_API_BASE = server.url
            settings.STRIPE_API_KEY = KEY
            yield server
