"""Telling Stripe Billing what was used: a part of `stripe.Stripe`, which makes the calls.

A meter event is one under its identifier for at least a day: a second of the same identifier is refused with
a sentence and without a code, which says that the first has arrived.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from billing.gateways.errors import Garbage, GatewayRefused
from billing.gateways.facts import UsageFact

EVENTS = "/v1/billing/meter_events"
THERE = "already exists with identifier"


class _Calls(Protocol):
    def _call(
        self, method: str, path: str, params: Mapping[str, Any], *, key: str = ""
    ) -> dict[str, Any]: ...


class StripeMeters:
    """What Stripe does as a `Metered`."""

    def tell_usage(
        self: _Calls,
        event_name: str,
        customer_gateway_id: str,
        value: Decimal,
        *,
        identifier: str,
        at: datetime,
    ) -> UsageFact:
        params = {
            "event_name": event_name,
            "identifier": identifier,
            "timestamp": int(at.timestamp()),
            "payload": {"stripe_customer_id": customer_gateway_id, "value": f"{value.normalize():f}"},
        }
        try:
            made = self._call("post", EVENTS, params, key=identifier)
        except GatewayRefused as refusal:
            if refusal.code == "duplicate_meter_event" or THERE in refusal.message:
                return UsageFact(identifier, at.replace(microsecond=0))
            raise
        kept, moment = made.get("identifier"), made.get("timestamp")
        if kept != identifier or not isinstance(moment, int):
            raise Garbage("answer_unreadable", "Stripe's answer about a meter event cannot be read.")
        return UsageFact(identifier, datetime.fromtimestamp(moment, UTC))
