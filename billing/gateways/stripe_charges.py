"""Charges and pages to pay on at Stripe: the half of `stripe.Stripe` that takes money in.

A charge is a payment intent that is confirmed as it is made, under our key as idempotency key and, because
keys are forgotten after a day and by other servers, as metadata by which it is found again.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.utils import timezone

from billing.gateways.errors import Declined, Garbage, GatewayRefused, Unreachable
from billing.gateways.facts import PageFact, PaymentFact
from billing.gateways.stripe_amounts import to_stripe
from billing.gateways.stripe_objects.payments import payment_intent
from billing.gateways.stripe_objects.reading import Unreadable
from billing.money import Money

INTENTS, SESSIONS, CUSTOMERS = "/v1/payment_intents", "/v1/checkout/sessions", "/v1/customers"
#: Stripe takes no page that closes sooner than this, or later than a day.
SHORTEST, LONGEST = timedelta(minutes=31), timedelta(hours=24)
LATEST = {"expand": ["latest_charge.balance_transaction"]}
MOST_LISTED = 1_000


class _Calls(Protocol):
    is_proper: bool

    def _call(
        self, method: str, path: str, params: Mapping[str, Any], *, key: str = ""
    ) -> dict[str, Any]: ...

    def _walk(
        self, path: str, params: Mapping[str, Any], starting_after: str
    ) -> Iterator[dict[str, Any]]: ...

    def object(self, kind: str, gateway_id: str) -> dict[str, Any] | None: ...

    def find_charge(
        self, key: str, *, customer_gateway_id: str = "", checkout_id: str = ""
    ) -> PaymentFact | None: ...

    def retrieve_payment(self, gateway_id: str) -> PaymentFact | None: ...


class StripeCharges:
    """What Stripe does as a `Charger`."""

    knows_customers = True

    def know_customer(self: _Calls, reference: str, *, name: str, email: str) -> str:
        told = {"name": name, "email": email}
        params: dict[str, Any] = {field: value for field, value in told.items() if value}
        made = self._call(
            "post", CUSTOMERS, {**params, "metadata": {"reference": reference}}, key=f"customer:{reference}"
        )
        if not isinstance(made.get("id"), str) or not made["id"]:
            raise Garbage("customer_unreadable", "Stripe's customer cannot be read.")
        return str(made["id"])

    @property
    def calls_a_second(self) -> int:
        return int(settings.STRIPE_CALLS_A_SECOND)

    def charge(
        self: _Calls,
        customer_gateway_id: str,
        method_gateway_id: str,
        amount: Money,
        *,
        key: str,
        description: str,
        metadata: Mapping[str, str],
    ) -> PaymentFact:
        params: dict[str, Any] = {
            "amount": to_stripe(amount),
            "currency": amount.currency.lower(),
            **({"customer": customer_gateway_id} if customer_gateway_id else {}),
            "payment_method": method_gateway_id,
            "confirm": True,
            "off_session": True,
            "metadata": {**metadata, "reference": key},
        }
        if self.is_proper:
            params |= {"description": description, **LATEST}
        try:
            made = self._call("post", INTENTS, params, key=key)
        except Declined as no:
            if no.about is not None:
                return fact(no.about, timezone.now())
            # Other servers decline without telling of the intent that they made: they are asked for it.
            found = self.find_charge(key, customer_gateway_id=customer_gateway_id)
            if found is None:
                raise
            return found
        return fact(made, born(made))

    def find_charge(
        self: _Calls, key: str, *, customer_gateway_id: str = "", checkout_id: str = ""
    ) -> PaymentFact | None:
        """By the page where there was one, else among the customer's intents, newest first: lists are true
        at once, the search for metadata only after a while."""
        if checkout_id:
            paid_by = self._call("get", f"{SESSIONS}/{checkout_id}", {}).get("payment_intent")
            return self.retrieve_payment(paid_by) if isinstance(paid_by, str) and paid_by else None
        of = {"customer": customer_gateway_id} if customer_gateway_id and self.is_proper else {}
        for number, found in enumerate(self._walk(INTENTS, of, "")):
            if (found.get("metadata") or {}).get("reference") == key:
                return self.retrieve_payment(found["id"])
            if number >= MOST_LISTED:
                raise Unreachable("too_many_to_search", "Stripe lists too many payments of this customer.")
        return None

    def retrieve_payment(self: _Calls, gateway_id: str) -> PaymentFact | None:
        asked_at = timezone.now().replace(microsecond=0)
        params = LATEST if self.is_proper else {}
        try:
            return fact(self._call("get", f"{INTENTS}/{gateway_id}", params), asked_at)
        except GatewayRefused as refusal:
            if refusal.code in ("not_found", "resource_missing"):
                return None
            raise

    def cancel_payment(self: _Calls, gateway_id: str, *, key: str) -> PaymentFact:
        asked_at = timezone.now().replace(microsecond=0)
        return fact(self._call("post", f"{INTENTS}/{gateway_id}/cancel", {}, key=key), asked_at)

    def open_page(
        self: _Calls,
        amount: Money,
        *,
        key: str,
        customer_gateway_id: str,
        description: str,
        return_url: str,
        expires_at: datetime,
        keep_method: bool = False,
    ) -> PageFact:
        now = timezone.now()
        until = min(max(expires_at, now + SHORTEST), now + LONGEST - timedelta(minutes=1))
        line = {
            "quantity": 1,
            "price_data": {
                "currency": amount.currency.lower(),
                "unit_amount": to_stripe(amount),
                "product_data": {"name": description},
            },
        }
        params: dict[str, Any] = {
            "mode": "payment",
            "client_reference_id": key,
            "line_items": [line],
            "payment_intent_data": {"metadata": {"reference": key}, "description": description},
            "metadata": {"reference": key},
            "success_url": return_url,
            "cancel_url": return_url,
            "expires_at": int(until.timestamp()),
        }
        if customer_gateway_id:
            params["customer"] = customer_gateway_id
        if keep_method:
            params["payment_intent_data"]["setup_future_usage"] = "off_session"
            params["payment_method_types"] = ["card"]
        return page(self._call("post", SESSIONS, params, key=f"page:{key}"))

    def close_page(self: _Calls, checkout_id: str) -> PageFact:
        """One that was paid on or has expired is told of as it stands: Stripe refuses to close it again."""
        found = self._call("get", f"{SESSIONS}/{checkout_id}", {})
        if found.get("status") == "open":
            found = self._call("post", f"{SESSIONS}/{checkout_id}/expire", {})
        return page(found)


def fact(found: Mapping[str, Any], as_of: datetime) -> PaymentFact:
    """An intent from one of our own calls. Raises `Garbage` for one that cannot be read."""
    try:
        return payment_intent(dict(found), as_of)
    except (Unreadable, KeyError, TypeError, ValueError) as error:
        raise Garbage("payment_unreadable", "Stripe's payment intent cannot be read.") from error


def born(found: Mapping[str, Any]) -> datetime:
    """When it was made, which is what the answer to its creation speaks of."""
    created = found.get("created")
    return datetime.fromtimestamp(created, UTC) if isinstance(created, int) else timezone.now()


def page(found: Mapping[str, Any]) -> PageFact:
    try:
        is_open = found.get("status") == "open"
        return PageFact(
            gateway="stripe",
            gateway_id=found["id"],
            url=str(found.get("url") or "") if is_open else "",
            expires_at=datetime.fromtimestamp(found["expires_at"], UTC),
            payment_id=str(found.get("payment_intent") or ""),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Garbage("page_unreadable", "Stripe's checkout session cannot be read.") from error
