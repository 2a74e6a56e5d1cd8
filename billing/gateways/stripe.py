"""Stripe, and every server that speaks its API. The only module that imports Stripe's library."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import stripe
from django.conf import settings
from django.db import connection
from django.utils import timezone

from billing.gateways.errors import (
    Declined,
    Garbage,
    GatewayError,
    GatewayRefused,
    NotSetUp,
    Unreachable,
)
from billing.gateways.facts import RefundFact
from billing.gateways.measuring import measured, operation_of
from billing.gateways.stripe_amounts import to_stripe
from billing.gateways.stripe_charges import StripeCharges
from billing.gateways.stripe_meters import StripeMeters
from billing.gateways.stripe_refunds import refund_fact
from billing.gateways.stripe_setups import StripeSetups
from billing.gateways.stripe_subscriptions import StripeSubscriptions
from billing.money import Money

#: The version in which we speak and which every recorded object in the tests has.
API_VERSION = "2026-10-28.endive"
CONNECT_SECONDS, READ_SECONDS = 5.0, 30.0
PAGE = 100
REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer"})
#: Card declines after which the same card will say no again.
HARD = frozenset(
    {
        "account_closed",
        "closed_account",
        "expired_card",
        "expired_or_canceled_card",
        "lost_card",
        "lost_or_stolen_card",
        "pickup_card",
        "restricted_card",
        "stolen_card",
    }
)
LISTS = {
    "balance_transactions": "/v1/balance_transactions",
    "charges": "/v1/charges",
    "checkout_sessions": "/v1/checkout/sessions",
    "credit_notes": "/v1/credit_notes",
    "customers": "/v1/customers",
    "disputes": "/v1/disputes",
    "early_fraud_warnings": "/v1/radar/early_fraud_warnings",
    "invoice_payments": "/v1/invoice_payments",
    "invoices": "/v1/invoices",
    "payment_intents": "/v1/payment_intents",
    "payment_methods": "/v1/payment_methods",
    "payouts": "/v1/payouts",
    "plans": "/v1/plans",
    "prices": "/v1/prices",
    "products": "/v1/products",
    "refunds": "/v1/refunds",
    "subscriptions": "/v1/subscriptions",
}
#: What comes with an object that is asked for alone: its fee, its tax ids, the payments that paid it.
EXPANDED = {
    "charges": ["balance_transaction"],
    "customers": ["tax_ids"],
    "invoices": ["payments"],
    "subscriptions": ["discounts"],
}


class Stripe(StripeCharges, StripeSetups, StripeSubscriptions, StripeMeters):
    """The gateway "stripe", configured by STRIPE_API_KEY and STRIPE_API_BASE."""

    name = "stripe"

    def __init__(self) -> None:
        # Other servers that speak this API forget idempotency keys and refuse a refund's `reason`.
        self.is_proper = f".{urlsplit(settings.STRIPE_API_BASE).hostname}".endswith(".stripe.com")
        self.remembers_keys = self.is_proper
        if not settings.STRIPE_API_KEY:
            raise NotSetUp("stripe_key_missing", "STRIPE_API_KEY is not set: the desk cannot call Stripe.")
        self.client = stripe.StripeClient(
            settings.STRIPE_API_KEY,
            stripe_version=API_VERSION,
            base_addresses={"api": settings.STRIPE_API_BASE},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
        )

    def refund(
        self, payment_gateway_id: str, amount: Money, *, key: str, reason: str, metadata: Mapping[str, str]
    ) -> RefundFact:
        params: dict[str, Any] = {
            **_target(payment_gateway_id),
            "amount": to_stripe(amount),
            "metadata": {**metadata, "reference": key, "reason": reason},
        }
        if self.is_proper and reason in REASONS:
            params["reason"] = reason
        return refund_fact(self._call("post", "/v1/refunds", params, key=key))

    def find_refund(self, payment_gateway_id: str, reference: str) -> RefundFact | None:
        asked_at = timezone.now().replace(microsecond=0)
        for found in self._walk("/v1/refunds", _target(payment_gateway_id), ""):
            if (found.get("metadata") or {}).get("reference") == reference:
                return refund_fact(found, as_of=asked_at)
        return None

    def retrieve_refund(self, gateway_id: str) -> RefundFact | None:
        asked_at = timezone.now().replace(microsecond=0)
        try:
            return refund_fact(self._call("get", f"/v1/refunds/{gateway_id}", {}), as_of=asked_at)
        except GatewayRefused as refusal:
            if refusal.code in ("not_found", "resource_missing"):
                return None
            raise

    def cancel_refund(self, gateway_id: str, *, key: str) -> RefundFact:
        asked_at = timezone.now().replace(microsecond=0)
        return refund_fact(
            self._call("post", f"/v1/refunds/{gateway_id}/cancel", {}, key=key), as_of=asked_at
        )

    def pages(self, kind: str, params: Mapping[str, Any], starting_after: str) -> Iterator[dict[str, Any]]:
        """Every object of a kind, as plain dicts; a list inside one (an invoice's lines) comes whole."""
        for found in self._walk(LISTS[kind], params, starting_after):
            yield self._whole(found)

    def object(self, kind: str, gateway_id: str) -> dict[str, Any] | None:
        """One object of a kind as it stands now, its lists whole; None when Stripe does not know it."""
        path = f"{LISTS[kind]}/{quote(gateway_id, safe='')}"
        try:
            return self._whole(self._expanded(path, EXPANDED.get(kind, [])))
        except GatewayRefused as refusal:
            if refusal.code in ("not_found", "resource_missing"):
                return None
            raise

    def _expanded(self, path: str, expand: list[str]) -> dict[str, Any]:
        """With what is embedded, where the server offers that."""
        try:
            return self._call("get", path, {"expand": expand} if expand else {})
        except GatewayRefused as refusal:
            if not expand or refusal.code in ("not_found", "resource_missing"):
                raise
            return self._call("get", path, {})

    def _whole(self, found: dict[str, Any]) -> dict[str, Any]:
        for inner in ("lines", "items", "refunds"):
            listed = found.get(inner)
            if isinstance(listed, dict) and listed.get("has_more") and listed.get("data"):
                rest = self._walk(listed["url"], {}, listed["data"][-1]["id"])
                listed["data"] = [*listed["data"], *rest]
                listed["has_more"] = False
        return found

    def _walk(self, path: str, params: Mapping[str, Any], starting_after: str) -> Iterator[dict[str, Any]]:
        while True:
            after = {"starting_after": starting_after} if starting_after else {}
            page = self._call("get", path, {"limit": PAGE, **params, **after})
            objects = page.get("data")
            if not isinstance(objects, list):
                raise Garbage("page_unreadable", f"Stripe's answer to {path} is not a list.")
            yield from objects
            if not page.get("has_more") or not objects:
                return
            starting_after = objects[-1]["id"]

    def _call(self, method: str, path: str, params: Mapping[str, Any], *, key: str = "") -> dict[str, Any]:
        """One call, with no transaction open: locks must not wait for a network."""
        if connection.in_atomic_block:
            raise RuntimeError("a gateway is never called inside a transaction")
        options = {"idempotency_key": key} if key else {}
        with measured(self.name, operation_of(method, path)):
            try:
                answer = self.client.raw_request(method, path, **params, **options).data
            except stripe.StripeError as error:
                raise in_our_words(error) from None
        if not isinstance(answer, dict):
            raise Garbage("answer_unreadable", f"Stripe's answer to {path} is not an object.")
        return answer


def stripe_pages(
    kind: str, params: Mapping[str, Any] | None = None, starting_after: str = ""
) -> Iterator[dict[str, Any]]:
    """Every object of ``kind`` (a key of `LISTS`) newest first, or after the id ``starting_after``, fetched
    a hundred at a time. Raises `GatewayRefused` "not_found" where the server has no such list."""
    return Stripe().pages(kind, params or {}, starting_after)


def stripe_object(kind: str, gateway_id: str) -> dict[str, Any] | None:
    """One object of ``kind`` (a key of `LISTS`) as it stands now; None when Stripe does not know it."""
    return Stripe().object(kind, gateway_id)


class BadSignature(Exception):
    """A message that Stripe did not sign, or signed too long ago. The sentence holds no secret."""


def verify_webhook(
    body: bytes, header: str, secrets: Sequence[str], *, tolerance: timedelta, now: datetime
) -> None:
    """Checks the signature on the raw body under any of the secrets, and its age either way.

    Raises `BadSignature`.
    """
    if not secrets:
        raise BadSignature("STRIPE_WEBHOOK_SECRETS is not set: no message can be checked.")
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(body, header, secret)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):  # quiet: another secret may fit
            continue
        break
    else:
        raise BadSignature("The signature matches none of our signing secrets.")
    signed = int(next(part for part in header.split(",") if part.startswith("t="))[2:])
    if abs(now - datetime.fromtimestamp(signed, UTC)) > tolerance:
        raise BadSignature("The signature is too old, or from a clock that is ahead of ours.")


def in_our_words(error: stripe.StripeError) -> GatewayError:
    """What an error of the library means for us; each class of it, and what it does not know, by status."""
    status, code = error.http_status or 0, error.code or ""
    said = (error.user_message or "") if error.error else ""  # else it would quote an unreadable body
    match error:
        case stripe.APIConnectionError():
            return Unreachable("unreachable", "Stripe did not answer in time; nobody knows yet what it did.")
        case stripe.RateLimitError():
            return Unreachable(
                "rate_limited", "Stripe asked us to slow down.", retry_after=_retry_after(error)
            )
        case stripe.CardError():
            code = getattr(error.error, "decline_code", None) or code or "card_declined"
            body: Any = error.json_body if isinstance(error.json_body, dict) else {}
            about = (body.get("error") or {}).get("payment_intent")
            return Declined(
                code,
                said or "The card's bank said no.",
                hard=code in HARD,
                about=about if isinstance(about, Mapping) else None,
            )
        case stripe.AuthenticationError():
            return NotSetUp("stripe_key_refused", "Stripe does not accept our key: set STRIPE_API_KEY anew.")
        case stripe.PermissionError():
            return NotSetUp("stripe_key_not_allowed", "Our key at Stripe may not do this: widen its rights.")
        case stripe.IdempotencyError():
            return GatewayRefused("key_reused", "Stripe has seen this reference with another amount.")
    # APIError, InvalidRequestError, and classes that later versions of the library may add.
    if status == 409:
        return Unreachable("key_in_use", "Stripe is still busy with the same call.", retry_after=5)
    if status >= 500 or status == 0:
        return Unreachable("server_error", "Stripe had an error of its own; nobody knows yet what it did.")
    if status < 400:
        return Garbage("answer_unreadable", "Stripe's answer cannot be read.")
    if status == 401:
        return NotSetUp("stripe_key_refused", "Stripe does not accept our key: set STRIPE_API_KEY anew.")
    if status == 429:
        return Unreachable("rate_limited", "Stripe asked us to slow down.", retry_after=_retry_after(error))
    if status == 402:
        return Declined(code or "declined", said or "Stripe declined.", hard=code in HARD)
    if status == 404:
        return GatewayRefused(code or "not_found", said or "Stripe does not know this object.")
    return GatewayRefused(code or "refused", said or "Stripe would not take this call.")


def _retry_after(error: stripe.StripeError) -> int | None:
    said = str((error.headers or {}).get("retry-after") or (error.headers or {}).get("Retry-After") or "")
    return min(int(said), 3600) if said.isdigit() else None


def _target(payment_gateway_id: str) -> dict[str, str]:
    name = "payment_intent" if payment_gateway_id.startswith("pi_") else "charge"
    return {name: payment_gateway_id}
