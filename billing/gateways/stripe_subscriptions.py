"""When subscriptions at Stripe end: a part of `stripe.Stripe`, which makes the calls."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from django.utils import timezone

from billing.gateways.errors import Garbage, GatewayRefused
from billing.gateways.facts import EndFact
from billing.gateways.stripe_objects.reading import Unreadable
from billing.gateways.stripe_objects.subscriptions import subscription

GONE = ("not_found", "resource_missing")


class _Calls(Protocol):
    def _call(
        self, method: str, path: str, params: Mapping[str, Any], *, key: str = ""
    ) -> dict[str, Any]: ...


class StripeSubscriptions:
    """What Stripe does as a `Subscriber`."""

    def cancel_at(self: _Calls, gateway_id: str, at: datetime | None, *, key: str) -> EndFact:
        """Nothing is prorated: the moment is the boundary of a period."""
        asked_at = timezone.now().replace(microsecond=0)
        when: int | str = int(at.timestamp()) if at else ""
        params = {"cancel_at": when, "proration_behavior": "none"}
        return end_fact(self._call("post", _path(gateway_id), params, key=key), asked_at)

    def cancel_now(self: _Calls, gateway_id: str, *, key: str) -> EndFact:
        """A deletion is once by its nature: Stripe takes no key for it, and refuses a second one."""
        asked_at = timezone.now().replace(microsecond=0)
        params = {"invoice_now": "false", "prorate": "false"}
        return end_fact(self._call("delete", _path(gateway_id), params), asked_at)

    def retrieve_subscription(self: _Calls, gateway_id: str) -> EndFact | None:
        asked_at = timezone.now().replace(microsecond=0)
        try:
            return end_fact(self._call("get", _path(gateway_id), {}), asked_at)
        except GatewayRefused as refusal:
            if refusal.code in GONE:
                return None
            raise


def _path(gateway_id: str) -> str:
    return f"/v1/subscriptions/{quote(gateway_id, safe='')}"


def end_fact(body: Mapping[str, Any], as_of: datetime) -> EndFact:
    """What Stripe's subscription says about its end. Raises `Garbage`."""
    try:
        told = subscription(body, as_of)
    except Unreadable as error:
        raise Garbage("subscription_unreadable", "Stripe's subscription cannot be read.") from error
    return EndFact(
        gateway=told.gateway,
        gateway_id=told.gateway_id,
        state=told.state,
        cancel_at=told.cancel_at,
        cancel_at_period_end=told.cancel_at_period_end,
        current_period_start=told.current_period_start,
        current_period_end=told.current_period_end,
        ended_at=told.ended_at,
        as_of=as_of,
    )
