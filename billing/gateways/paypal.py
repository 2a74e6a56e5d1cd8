"""PayPal over its REST interface: refunds, and objects as they stand now.

Configured by PAYPAL_CLIENT_ID, PAYPAL_SECRET and PAYPAL_API_BASE. Why not by PayPal's own library stands in
this folder's README.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import requests
from django.conf import settings
from django.utils import timezone

from billing.gateways.amounts import to_decimal
from billing.gateways.calling import Answer, call
from billing.gateways.errors import Declined, Garbage, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.facts import RefundFact
from billing.gateways.paypal_objects.reading import PAYPAL, WHOLE, order_of, parent_of
from billing.gateways.paypal_objects.refunds import refund
from billing.money import Money

NAME = "PayPal"
#: Where an object of a kind is read; a sale's and an old refund's address is the one before 2019.
PATHS = {
    "authorizations": "/v2/payments/authorizations/",
    "captures": "/v2/payments/captures/",
    "disputes": "/v1/customer/disputes/",
    "orders": "/v2/checkout/orders/",
    "payments": "/v1/payments/payment/",
    "plans": "/v1/billing/plans/",
    "products": "/v1/catalogs/products/",
    "refunds": "/v2/payments/refunds/",
    "sales": "/v1/payments/sale/",
    "sale_refunds": "/v1/payments/refund/",
    "subscriptions": "/v1/billing/subscriptions/",
}
#: What PayPal says where it says no for a reason of money or of the payer's account; True: for good.
DECLINES = {
    "insufficient_funds": False,
    "refund_failed_insufficient_funds": False,
    "payer_account_locked_or_closed": True,
    "payer_account_restricted": True,
    "refund_not_permitted_due_to_chargeback": True,
    "transaction_refused": True,
}
#: By account: when a token ends by the process's clock, and the token.
_tokens: dict[str, tuple[int, str]] = {}
_lock = threading.Lock()


class PayPal:
    """The gateway "paypal". PayPal keeps a refund's key (PayPal-Request-Id) for 45 days."""

    name = PAYPAL
    remembers_keys = True

    def __init__(self) -> None:
        self.base, self.client_id, self.secret = (
            settings.PAYPAL_API_BASE,
            settings.PAYPAL_CLIENT_ID,
            settings.PAYPAL_SECRET,
        )
        if not self.client_id or not self.secret:
            raise NotSetUp(
                "paypal_key_missing",
                "PAYPAL_CLIENT_ID and PAYPAL_SECRET are not set: the desk cannot call PayPal.",
            )

    def refund(
        self, payment_gateway_id: str, amount: Money, *, key: str, reason: str, metadata: Mapping[str, str]
    ) -> RefundFact:
        """Refunds a capture; a sale of the older interface, which has captures of no such id, as a sale."""
        text = to_decimal(amount, whole=WHOLE)
        try:
            found = self._call(
                "POST",
                f"{PATHS['captures']}{payment_gateway_id}/refund",
                {"amount": {"value": text, "currency_code": amount.currency}, "custom_id": key},
                key=key,
            )
        except GatewayRefused as refusal:
            if refusal.code != "not_found":
                raise
            found = self._call(
                "POST",
                f"{PATHS['sales']}{payment_gateway_id}/refund",
                {"amount": {"total": text, "currency": amount.currency}, "invoice_number": key},
                key=key,
            )
        # The short answer to a creation names neither its amount nor its payment.
        told = {"amount": {"value": text, "currency_code": amount.currency}, **found}
        return refund(told, payment_id=payment_gateway_id, reference=key)

    def find_refund(self, payment_gateway_id: str, reference: str) -> RefundFact | None:
        """PayPal lists refunds with the order (before 2019: the payment) that they belong to.

        A payment of which nothing has been refunded has none. Raises `Unreachable` where PayPal has no list.
        """
        asked_at = timezone.now().replace(microsecond=0)
        capture = self.object("captures", payment_gateway_id)
        order = self.object("orders", order_of(capture)) if capture and order_of(capture) else None
        if order is not None:
            listed = [
                each
                for unit in order.get("purchase_units") or ()
                for each in (unit.get("payments") or {}).get("refunds") or ()
            ]
        else:
            sale = capture or self.object("sales", payment_gateway_id)
            if sale is None:
                raise GatewayRefused("not_found", "PayPal does not know this payment.")
            state = str(sale.get("status") or sale.get("state") or "").upper()
            if state in ("COMPLETED", "PENDING"):
                return None
            parent = self.object("payments", str(sale.get("parent_payment") or ""))
            if parent is None:
                raise Unreachable(
                    "lookup_impossible",
                    "PayPal has refunded of this payment and lists no refunds of it: look there for ours.",
                )
            listed = [
                related["refund"]
                for transaction in parent.get("transactions") or ()
                for related in transaction.get("related_resources") or ()
                if isinstance(related.get("refund"), dict)
            ]
        for each in listed:
            names = (each.get("custom_id"), each.get("invoice_id"), each.get("invoice_number"))
            if reference in names and parent_of(each) in ("", payment_gateway_id):
                return refund(each, as_of=asked_at, payment_id=payment_gateway_id, reference=reference)
        return None

    def retrieve_refund(self, gateway_id: str) -> RefundFact | None:
        asked_at = timezone.now().replace(microsecond=0)
        found = self.object("refunds", gateway_id) or self.object("sale_refunds", gateway_id)
        return refund(found, as_of=asked_at) if found else None

    def cancel_refund(self, gateway_id: str, *, key: str) -> RefundFact:
        raise GatewayRefused("not_cancelable", "PayPal cannot call a refund back once it has been made.")

    def object(self, kind: str, gateway_id: str) -> dict[str, Any] | None:
        """One object of a kind (a key of `PATHS`) as it stands now; None when PayPal does not know it."""
        if not gateway_id or not set(gateway_id) <= _SAFE:
            return None
        try:
            return self._call("GET", f"{PATHS[kind]}{gateway_id}")
        except GatewayRefused as refusal:
            if refusal.code == "not_found":
                return None
            raise

    def says_it_signed(self, facts: Mapping[str, str], event: bytes) -> bool:
        """PayPal's own opinion of a message's signature; ``event`` goes along byte for byte."""
        head = json.dumps(dict(facts)).encode()
        body = head[:-1] + b', "webhook_event": ' + event + b"}"
        found = self._call("POST", "/v1/notifications/verify-webhook-signature", body)
        return found.get("verification_status") == "SUCCESS"

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | bytes | None = None, *, key: str = ""
    ) -> dict[str, Any]:
        headers = {"PayPal-Request-Id": key} if key else {}
        if method == "POST":
            headers["Prefer"] = "return=representation"
        answer = self._signed(method, path, headers, body)
        if answer.status == 401:
            _tokens.pop(self._account(), None)
            answer = self._signed(method, path, headers, body)
        if not answer.is_fine:
            raise in_our_words(answer)
        return dict(answer.body)

    def _signed(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | bytes | None
    ) -> Answer:
        token = self._token()

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        return call(NAME, method, f"{self.base}{path}", sign=sign, headers=headers, body=body)

    def _account(self) -> str:
        return hashlib.sha256(f"{self.base}\0{self.client_id}\0{self.secret}".encode()).hexdigest()

    def _token(self) -> str:
        """Kept in this process until a minute before it ends."""
        held = _tokens.get(self._account())
        if held and held[0] > time.monotonic():
            return held[1]
        known = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Basic {known}"
            return request

        answer = call(
            NAME,
            "POST",
            f"{self.base}/v1/oauth2/token",
            sign=sign,
            form={"grant_type": "client_credentials"},
        )
        token, lives = answer.body.get("access_token"), answer.body.get("expires_in")
        if answer.status in (400, 401, 403):
            raise NotSetUp(
                "paypal_key_refused",
                "PayPal does not accept our key: set PAYPAL_CLIENT_ID and PAYPAL_SECRET anew.",
            )
        if not isinstance(token, str) or not token:
            raise Garbage("answer_unreadable", "PayPal's answer holds no access token.")
        seconds = lives if isinstance(lives, int) and lives > 0 else 300
        with _lock:
            if len(_tokens) > 16:
                _tokens.clear()
            _tokens[self._account()] = (int(time.monotonic()) + max(seconds - 60, 0), token)
        return token


_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def in_our_words(answer: Answer) -> Exception:
    """What an answer that is no success means for us."""
    details = answer.body.get("details")
    first = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    issue = str(first.get("issue") or answer.body.get("name") or "refused").lower()[:64]
    said = str(first.get("description") or answer.body.get("message") or "")
    if answer.status in (401, 403):
        return NotSetUp("paypal_key_not_allowed", f"Our key at PayPal may not do this. {said}".strip())
    if answer.status == 404:
        return GatewayRefused("not_found", said or "PayPal does not know this object.")
    if answer.status == 409 or issue == "previous_request_in_progress":
        return Unreachable("key_in_use", "PayPal is still busy with the same call.", retry_after=5)
    if issue in ("duplicate_request_id", "idempotency_key_reused"):
        return GatewayRefused("key_reused", "PayPal has seen this reference with another amount.")
    if issue in DECLINES:
        code = "insufficient_funds" if "insufficient_funds" in issue else issue
        return Declined(code, said or "PayPal said no.", hard=DECLINES[issue])
    if answer.status < 400:
        return Garbage("answer_unreadable", "PayPal's answer cannot be read.")
    return GatewayRefused(issue, said or "PayPal would not take this call.")
