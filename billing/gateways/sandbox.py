"""A gateway of our own that behaves like a real one, with outcomes that its test cards decide."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from billing.gateways.errors import Declined, Garbage, GatewayError, GatewayRefused
from billing.gateways.facts import RefundFact
from billing.gateways.measuring import measured
from billing.gateways.models import SandboxObject
from billing.gateways.outcomes import Outcome, outcome_of
from billing.gateways.sandbox_charges import (
    PAYMENT_PREFIX,
    Charges,
    payment_fact,
    trouble_of,
)
from billing.gateways.sandbox_charges import outside_transactions as _outside_transactions
from billing.gateways.sandbox_events import owe_event
from billing.gateways.sandbox_setups import Setups
from billing.gateways.sandbox_subscriptions import Subscriptions
from billing.money import Money

__all__ = ["PAYMENT_PREFIX", "Sandbox", "latest_refund", "payment_fact", "refund_fact"]

HOLDS = ("pending", "requires_action", "succeeded")


class Sandbox(Charges, Setups, Subscriptions):
    """The gateway "sandbox". Its clock is its own, as another company's would be."""

    name = "sandbox"
    remembers_keys = True

    def __init__(self, clock: Callable[[], datetime] = timezone.now) -> None:
        self.clock = clock

    @measured("sandbox", "post refunds")
    def refund(
        self, payment_gateway_id: str, amount: Money, *, key: str, reason: str, metadata: Mapping[str, str]
    ) -> RefundFact:
        _outside_transactions()
        with transaction.atomic():
            payment = self._payment(payment_gateway_id, amount)
            outcome = outcome_of(payment.body["card"], amount.minor)
            trouble = outcome.trouble if self._calls(key) <= outcome.troubled_calls else ""
            made = SandboxObject.objects.filter(idempotency_key=key).first()
            refusal: GatewayError | None = None
            if made is not None:
                refusal = _other_parameters(made, payment, amount)
            elif not trouble or outcome.done_despite:
                refusal = self._not_enough_left(payment, amount)
                if refusal is None:
                    made = self._make(payment, amount, outcome, key=key, reason=reason)
        if refusal:
            raise refusal
        if trouble:
            raise trouble_of(trouble)
        assert made is not None
        if made.body["state"] == "declined":
            raise Declined(made.body["failure_code"], made.body["message"], hard=made.body["hard"])
        return refund_fact(_public(made))

    def refund_elsewhere(self, payment_gateway_id: str, amount: Money, *, reason: str = "") -> RefundFact:
        """A refund that somebody made at the gateway itself, past the desk: it has no reference of ours."""
        _outside_transactions()
        with transaction.atomic():
            payment = self._payment(payment_gateway_id, amount)
            outcome = outcome_of(payment.body["card"], amount.minor)
            made = self._make(payment, amount, outcome, key=None, reason=reason)
        return refund_fact(_public(made))

    @measured("sandbox", "get refunds")
    def find_refund(self, payment_gateway_id: str, reference: str) -> RefundFact | None:
        _outside_transactions()
        found = SandboxObject.objects.filter(
            kind="refund", parent_id=payment_gateway_id, body__reference=reference
        ).first()
        return self._as_it_stands(found)

    @measured("sandbox", "get refunds")
    def retrieve_refund(self, gateway_id: str) -> RefundFact | None:
        _outside_transactions()
        return self._as_it_stands(SandboxObject.objects.filter(kind="refund", id=gateway_id).first())

    @measured("sandbox", "post refunds cancel")
    def cancel_refund(self, gateway_id: str, *, key: str) -> RefundFact:
        _outside_transactions()
        with transaction.atomic():
            found = SandboxObject.objects.select_for_update().filter(kind="refund", id=gateway_id).first()
            if found is None:
                raise GatewayRefused("not_found", "The sandbox does not know this refund.")
            if found.body["state"] not in ("requires_action", "canceled"):
                raise GatewayRefused(
                    "not_cancelable", "Only a refund that waits for the customer can be canceled."
                )
            if found.body["state"] != "canceled":
                found.body |= {"state": "canceled", "as_of": self._second().isoformat()}
                found.save(update_fields=["body"])
                owe_event("refund.updated", _public(found), due_at=self._second())
        return refund_fact(_public(found))

    def _second(self) -> datetime:
        return self.clock().replace(microsecond=0)

    def _payment(self, gateway_id: str, amount: Money) -> SandboxObject:
        """The payment, locked; one that nobody told us of is adopted with an amount that is not known."""
        if not gateway_id.startswith(PAYMENT_PREFIX):
            raise GatewayRefused("not_found", "The sandbox does not know this payment.")
        SandboxObject.objects.bulk_create(
            [
                SandboxObject(
                    id=gateway_id,
                    kind="payment",
                    body={"amount_minor": None, "currency": amount.currency, "card": "4242"},
                    created_at=self.clock(),
                )
            ],
            ignore_conflicts=True,
        )
        payment = SandboxObject.objects.select_for_update().get(id=gateway_id)
        if payment.body["currency"] != amount.currency:
            raise GatewayRefused(
                "wrong_currency", f"The payment is in {payment.body['currency']}, not in {amount.currency}."
            )
        return payment

    def _calls(self, key: str) -> int:
        """How often this key has been used, this call included. The payment's lock keeps the count right."""
        counter, _ = SandboxObject.objects.get_or_create(
            id=f"sbx_key_{key}"[:64],
            defaults={"kind": "key", "body": {"calls": 0}, "created_at": self.clock()},
        )
        counter.body["calls"] += 1
        counter.save(update_fields=["body"])
        return int(counter.body["calls"])

    def _not_enough_left(self, payment: SandboxObject, amount: Money) -> GatewayRefused | None:
        if payment.body["amount_minor"] is None:
            return None
        refunds = SandboxObject.objects.filter(kind="refund", parent_id=payment.id)
        given = sum(r.body["amount_minor"] for r in refunds if self.state_of(r)["state"] in HOLDS)
        left = payment.body["amount_minor"] - given
        if amount.minor <= left:
            return None
        return GatewayRefused(
            "amount_too_large", f"Only {Money(left, amount.currency)} of the payment is left to refund."
        )

    def _make(
        self, payment: SandboxObject, amount: Money, outcome: Outcome, *, key: str | None, reason: str
    ) -> SandboxObject:
        now = self._second()
        declined = outcome.state == "declined"
        told = {"failure_code": outcome.code, "message": outcome.message}
        body: dict[str, Any] = {
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "state": outcome.state,
            "reason": reason,
            "reference": key or "",
            "hard": outcome.hard,
            "created_at": now.isoformat(),
            "as_of": now.isoformat(),
            **({"failure_code": "", "message": ""} if outcome.later else told),
        }
        if outcome.later:
            at = now + timedelta(seconds=settings.SANDBOX_BANK_SECONDS)
            body["later"] = {"state": outcome.later, "at": at.isoformat(), **told}
        made = SandboxObject.objects.create(
            id=f"sbx_{'no' if declined else 're'}_{secrets.token_hex(8)}",
            kind="decline" if declined else "refund",
            idempotency_key=key,
            parent_id=payment.id,
            body=body,
            created_at=now,
        )
        if not declined:
            owe_event("refund.created", _public(made), due_at=now)
        if later := body.get("later"):
            changed = _public(made) | later | {"as_of": later["at"]}
            kind = "refund.failed" if outcome.later == "failed" else "refund.updated"
            owe_event(kind, changed, due_at=datetime.fromisoformat(later["at"]))
        return made

    def _as_it_stands(self, found: SandboxObject | None) -> RefundFact | None:
        if found is None:
            return None
        return refund_fact(_public(found) | self.state_of(found) | {"as_of": self._second().isoformat()})

    def state_of(self, refund: SandboxObject) -> dict[str, Any]:
        """What it says now: what was to become of it has, once its time has come."""
        later = refund.body.get("later")
        if later and datetime.fromisoformat(later["at"]) <= self.clock():
            return {name: later[name] for name in ("state", "failure_code", "message")}
        return {"state": refund.body["state"]}


def refund_fact(found: Mapping[str, Any]) -> RefundFact:
    """What a refund of the sandbox says, from an answer or from the object inside an event."""
    try:
        return RefundFact(
            gateway="sandbox",
            gateway_id=found["id"],
            payment_gateway_id=found["payment"],
            amount_minor=found["amount_minor"],
            currency=found["currency"],
            state=found["state"],
            created_at=datetime.fromisoformat(found["created_at"]),
            as_of=datetime.fromisoformat(found["as_of"]),
            reference=found["reference"],
            reason=found["reason"],
            failure_code=found["failure_code"],
            message=found["message"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Garbage(
            "refund_unreadable", "The sandbox's refund cannot be read: a field is missing or makes no sense."
        ) from error


def _public(refund: SandboxObject) -> dict[str, Any]:
    shown = {name: value for name, value in refund.body.items() if name not in ("later", "hard", "at")}
    return {"id": refund.id, "object": "refund", "payment": refund.parent_id, **shown}


def latest_refund() -> dict[str, Any] | None:
    """The newest refund as the sandbox tells of it in a message now; None before the first."""
    found = SandboxObject.objects.filter(kind="refund").order_by("-created_at", "-pk").first()
    if found is None:
        return None
    sandbox = Sandbox()
    as_of = sandbox.clock().replace(microsecond=0).isoformat()
    return _public(found) | sandbox.state_of(found) | {"as_of": as_of}


def _other_parameters(made: SandboxObject, payment: SandboxObject, amount: Money) -> GatewayRefused | None:
    asked = (payment.id, amount.minor, amount.currency)
    if (made.parent_id, made.body["amount_minor"], made.body["currency"]) == asked:
        return None
    return GatewayRefused("key_reused", "The sandbox has seen this reference with another amount or payment.")
