"""Subscriptions at the sandbox: when they end, and how a gateway may forget it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.gateways.errors import Garbage, GatewayRefused, Unreachable
from billing.gateways.facts import EndFact
from billing.gateways.measuring import measured
from billing.gateways.models import SandboxObject
from billing.gateways.sandbox_charges import outside_transactions
from billing.periods import Interval, period_at

SUBSCRIPTION_PREFIX = "sbx_sub_"


class Subscriptions:
    """What the sandbox does as a `Subscriber`; its clock is the gateway's.

    A subscription is a `SandboxObject` of kind "subscription" whose body holds ``state``, ``anchor_at``,
    ``interval`` ("month" or "year"), ``cancel_at`` (or None) and, to play trouble: ``forgets_at``, the moment
    from which the cancel date is lost, and ``trouble``, a list with a word for each call that goes wrong:
    "unreachable" before anything is done, "timeout" after it.
    """

    clock: Callable[[], datetime]

    @measured("sandbox", "post subscriptions")
    def cancel_at(self, gateway_id: str, at: datetime | None, *, key: str) -> EndFact:
        outside_transactions()
        with transaction.atomic():
            found = _locked(gateway_id)
            trouble = _next_trouble(found)
            told = _second(at) if at else None
            seen = SandboxObject.objects.filter(idempotency_key=key).first()
            if seen is not None and seen.body["cancel_at"] != told:
                raise GatewayRefused("key_reused", "The sandbox has seen this reference with another date.")
            if trouble != "unreachable" and seen is None:
                state = _as_it_stands(found.body, self.clock())["state"]
                if state == "canceled":
                    raise GatewayRefused("subscription_ended", "The sandbox's subscription has ended.")
                found.body["cancel_at"] = told
                SandboxObject.objects.create(
                    id=f"sbx_ask_{key}"[:64],
                    kind="subscription_ask",
                    idempotency_key=key,
                    parent_id=found.id,
                    body={"cancel_at": told},
                    created_at=self.clock(),
                )
            found.save(update_fields=["body"])
        if trouble:
            raise Unreachable("unreachable", "The sandbox did not answer in time; nobody knows what it did.")
        return end_fact(found, self.clock())

    def cancel_now(self, gateway_id: str, *, key: str) -> EndFact:
        """Ends it at this second; the same key again finds it ended, whenever that comes."""
        outside_transactions()
        seen = SandboxObject.objects.filter(idempotency_key=key).first()
        at = datetime.fromisoformat(seen.body["cancel_at"]) if seen else self.clock().replace(microsecond=0)
        return self.cancel_at(gateway_id, at, key=key)

    @measured("sandbox", "get subscriptions")
    def retrieve_subscription(self, gateway_id: str) -> EndFact | None:
        outside_transactions()
        found = SandboxObject.objects.filter(kind="subscription", id=gateway_id).first()
        return end_fact(found, self.clock()) if found else None


def subscribe(
    gateway_id: str, *, anchor_at: datetime, interval: str = "month", state: str = "active", **more: Any
) -> SandboxObject:
    """A subscription that the sandbox collects from now on."""
    body = {"state": state, "anchor_at": _second(anchor_at), "interval": interval, "cancel_at": None, **more}
    return SandboxObject.objects.create(id=gateway_id, kind="subscription", body=body, created_at=anchor_at)


def end_fact(found: SandboxObject, now: datetime) -> EndFact:
    """What a subscription of the sandbox says about its end."""
    try:
        told = _as_it_stands(found.body, now)
        anchor = datetime.fromisoformat(found.body["anchor_at"])
        ended = datetime.fromisoformat(told["cancel_at"]) if told["state"] == "canceled" else None
        running = period_at(anchor, Interval(found.body["interval"]), min(now, ended) if ended else now)
        return EndFact(
            gateway="sandbox",
            gateway_id=found.id,
            state=told["state"],
            cancel_at=datetime.fromisoformat(told["cancel_at"]) if told["cancel_at"] else None,
            cancel_at_period_end=False,
            current_period_start=running.start,
            current_period_end=running.end,
            ended_at=ended,
            as_of=now.replace(microsecond=0),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Garbage(
            "subscription_unreadable", "The sandbox's subscription cannot be read: a field is missing."
        ) from error


def _as_it_stands(body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """State and cancel date by now: what was to end has, and what is forgotten is lost."""
    cancel_at, forgets = body["cancel_at"], body.get("forgets_at")
    if cancel_at and forgets and datetime.fromisoformat(forgets) <= now:
        cancel_at = None
    state = body["state"]
    if cancel_at and datetime.fromisoformat(cancel_at) <= now:
        state = "canceled"
    return {"state": state, "cancel_at": cancel_at}


def _locked(gateway_id: str) -> SandboxObject:
    found = SandboxObject.objects.select_for_update().filter(kind="subscription", id=gateway_id).first()
    if found is None:
        raise GatewayRefused("not_found", "The sandbox does not know this subscription.")
    return found


def _next_trouble(found: SandboxObject) -> str:
    """The next word of what is to go wrong; taken off, so that the same call works later."""
    waiting = list(found.body.get("trouble", []))
    if not waiting:
        return ""
    found.body["trouble"] = waiting[1:]
    return str(waiting[0])


def _second(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat()
