"""Pages at Stripe on which a customer leaves a card: the part of `stripe.Stripe` that takes no money."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone

from billing.gateways.errors import Garbage, GatewayRefused
from billing.gateways.facts import PageFact, SetupFact
from billing.gateways.stripe_charges import LONGEST, SESSIONS, SHORTEST, page
from billing.gateways.stripe_objects.customers import payment_method
from billing.gateways.stripe_objects.reading import Unreadable, part, word

STATES = frozenset({"open", "complete", "expired"})


class _Calls(Protocol):
    def _call(
        self, method: str, path: str, params: Mapping[str, Any], *, key: str = ""
    ) -> dict[str, Any]: ...


class StripeSetups:
    """What Stripe does as a `CardTaker`."""

    def open_setup(
        self: _Calls,
        reference: str,
        *,
        key: str,
        customer_gateway_id: str,
        return_url: str,
        expires_at: datetime,
    ) -> PageFact:
        now = timezone.now()
        until = min(max(expires_at, now + SHORTEST), now + LONGEST)
        params = {
            "mode": "setup",
            "customer": customer_gateway_id,
            "payment_method_types": ["card"],
            "client_reference_id": reference,
            "metadata": {"reference": reference},
            "setup_intent_data": {"metadata": {"reference": reference}},
            "success_url": return_url,
            "cancel_url": return_url,
            "expires_at": int(until.timestamp()),
        }
        return page(self._call("post", SESSIONS, params, key=f"setup:{key}"))

    def find_setup(self: _Calls, checkout_id: str) -> SetupFact | None:
        asked_at = timezone.now().replace(microsecond=0)
        expand = {"expand": ["setup_intent.payment_method"]}
        try:
            return setup(self._call("get", f"{SESSIONS}/{checkout_id}", expand), asked_at)
        except GatewayRefused as refusal:
            if refusal.code in ("not_found", "resource_missing"):
                return None
            raise


def setup(found: Mapping[str, Any], as_of: datetime) -> SetupFact:
    """A session from one of our own calls, with its card. Raises `Garbage` for one that cannot be read."""
    try:
        state = str(found.get("status") or "")
        if state not in STATES:
            raise Unreadable("The session says no state.")
        left = part(found, "setup_intent", "payment_method")
        return SetupFact(
            gateway="stripe",
            gateway_id=found["id"],
            reference=word(part(found, "metadata").get("reference"), 24),
            state=state,
            as_of=as_of,
            method=payment_method(left, as_of) if state == "complete" and left.get("id") else None,
        )
    except (Unreadable, KeyError, TypeError, ValueError) as error:
        raise Garbage("setup_unreadable", "Stripe's session for a card cannot be read.") from error
