"""Charges and pages to pay on at the sandbox: the half of `sandbox.Sandbox` that takes money in."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from billing.gateways.charge_outcomes import card_of, charge_outcome
from billing.gateways.errors import Garbage, GatewayRefused, Unreachable
from billing.gateways.facts import AttemptFact, MethodFact, PageFact, PaymentFact
from billing.gateways.measuring import measured
from billing.gateways.models import SandboxObject
from billing.gateways.outcomes import Outcome
from billing.gateways.sandbox_events import owe_event
from billing.money import Money

PAYMENT_PREFIX = "sbx_pay_"
#: How the ids of cards begin that the sandbox keeps for later charges.
KEPT = "sbx_pm_kept_"
EVENTS = {"succeeded": "payment.succeeded", "failed": "payment.failed", "canceled": "payment.canceled"}


class Charges:
    """What the sandbox does as a `Charger`; its clock is the gateway's."""

    clock: Callable[[], datetime]
    knows_customers = False

    def know_customer(self, reference: str, *, name: str, email: str) -> str:
        return ""

    @property
    def calls_a_second(self) -> int:
        return int(settings.SANDBOX_CALLS_A_SECOND)

    @measured("sandbox", "post payments")
    def charge(
        self,
        customer_gateway_id: str,
        method_gateway_id: str,
        amount: Money,
        *,
        key: str,
        description: str,
        metadata: Mapping[str, str],
    ) -> PaymentFact:
        outside_transactions()
        card = card_of(method_gateway_id)
        outcome = charge_outcome(card, amount.minor)
        with transaction.atomic():
            calls = self._count(f"sbx_key_{key}")
            trouble = outcome.trouble if calls <= outcome.troubled_calls else ""
            made = SandboxObject.objects.filter(idempotency_key=key).first()
            if made is not None:
                _require_same(made, amount, method_gateway_id)
            elif not trouble or outcome.done_despite:
                made = self._take(
                    amount, card, outcome, key=key, customer=customer_gateway_id, method=method_gateway_id
                )
        if trouble:
            raise trouble_of(trouble)
        assert made is not None
        return payment_fact(public_payment(made))

    @measured("sandbox", "get payments")
    def find_charge(
        self, key: str, *, customer_gateway_id: str = "", checkout_id: str = ""
    ) -> PaymentFact | None:
        outside_transactions()
        found = SandboxObject.objects.filter(kind="payment", idempotency_key=key).first()
        if found is None:
            return None
        outcome = charge_outcome(found.body["card"], found.body["amount_minor"])
        if outcome.silent_lookups and self._count(f"sbx_look_{key}") <= outcome.silent_lookups:
            raise trouble_of("timeout")
        return self._now(found)

    @measured("sandbox", "get payments")
    def retrieve_payment(self, gateway_id: str) -> PaymentFact | None:
        outside_transactions()
        found = SandboxObject.objects.filter(kind="payment", id=gateway_id).first()
        return self._now(found) if found and "state" in found.body else None

    @measured("sandbox", "post payments cancel")
    def cancel_payment(self, gateway_id: str, *, key: str) -> PaymentFact:
        outside_transactions()
        with transaction.atomic():
            found = SandboxObject.objects.select_for_update().filter(kind="payment", id=gateway_id).first()
            if found is None:
                raise GatewayRefused("not_found", "The sandbox does not know this payment.")
            if found.body.get("state") not in ("requires_action", "canceled"):
                raise GatewayRefused("not_cancelable", "Only a payment that waits can be canceled.")
            if found.body["state"] != "canceled":
                found.body |= {"state": "canceled", "as_of": self._at().isoformat()}
                found.save(update_fields=["body"])
                owe_event("payment.canceled", public_payment(found), due_at=self._at())
        return payment_fact(public_payment(found))

    @measured("sandbox", "post checkouts")
    def open_page(
        self,
        amount: Money,
        *,
        key: str,
        customer_gateway_id: str,
        description: str,
        return_url: str,
        expires_at: datetime,
        keep_method: bool = False,
    ) -> PageFact:
        outside_transactions()
        body = {
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "reference": key,
            "customer": customer_gateway_id,
            "description": description,
            "return_url": return_url,
            "expires_at": expires_at.isoformat(),
            "state": "open",
            "keep": keep_method,
        }
        made, _ = SandboxObject.objects.get_or_create(
            idempotency_key=f"page:{key}",
            defaults={
                "id": f"sbx_cs_{secrets.token_hex(8)}",
                "kind": "checkout",
                "body": body,
                "created_at": self._at(),
            },
        )
        return page_fact(made)

    @measured("sandbox", "post checkouts expire")
    def close_page(self, checkout_id: str) -> PageFact:
        outside_transactions()
        with transaction.atomic():
            found = SandboxObject.objects.select_for_update().filter(kind="checkout", id=checkout_id).first()
            if found is None:
                raise GatewayRefused("not_found", "The sandbox does not know this page.")
            if found.body["state"] == "open":
                found.body |= {"state": "closed"}
                found.save(update_fields=["body"])
        return page_fact(found)

    def pay_on_page(self, checkout_id: str, card: str) -> PaymentFact:
        """What somebody does on the sandbox's page: pays with one of its cards. The page stays open for
        another card after a decline; paid once, it gives the same payment. Raises `GatewayRefused`."""
        outside_transactions()
        with transaction.atomic():
            page = SandboxObject.objects.select_for_update().filter(kind="checkout", id=checkout_id).first()
            if page is None or page.body["state"] == "closed":
                raise GatewayRefused("page_closed", "This page is closed: nothing can be paid on it.")
            if datetime.fromisoformat(page.body["expires_at"]) <= self.clock():
                raise GatewayRefused("page_closed", "This page has expired: nothing can be paid on it.")
            amount = Money(page.body["amount_minor"], page.body["currency"])
            key = page.body["reference"]
            made = SandboxObject.objects.filter(kind="payment", idempotency_key=key).first()
            outcome = charge_outcome(card, amount.minor)
            method = method_on_page(card, keep=page.body.get("keep", False))
            if made is None:
                customer, keep = page.body["customer"], page.body.get("keep", False)
                made = self._take(amount, card, outcome, key=key, customer=customer, method=method, keep=keep)
            elif made.body["state"] == "failed":
                self._try_again(made, card, outcome, method)
            if made.body["state"] in ("succeeded", "pending"):
                page.body |= {"state": "paid", "payment": made.id}
                page.save(update_fields=["body"])
        return payment_fact(public_payment(made))

    def _take(
        self,
        amount: Money,
        card: str,
        outcome: Outcome,
        *,
        key: str,
        customer: str,
        method: str,
        keep: bool = False,
    ) -> SandboxObject:
        now = self._at()
        made = SandboxObject(
            id=f"{PAYMENT_PREFIX}{secrets.token_hex(8)}",
            kind="payment",
            idempotency_key=key,
            body={
                "amount_minor": amount.minor,
                "currency": amount.currency,
                "card": card,
                "reference": key,
                "customer": customer,
                "method": method,
                "tries": 1,
                "keep": keep,
                "created_at": now.isoformat(),
            },
            created_at=now,
        )
        made.body |= self._fate(outcome, now)
        made.save(force_insert=True)
        self._tell(made)
        return made

    def _try_again(self, made: SandboxObject, card: str, outcome: Outcome, method: str) -> None:
        made.body.pop("later", None)
        made.body |= {"card": card, "method": method, "tries": made.body["tries"] + 1}
        made.body |= self._fate(outcome, self._at())
        made.save(update_fields=["body"])
        self._tell(made)

    def _fate(self, outcome: Outcome, now: datetime) -> dict[str, Any]:
        told = {"failure_code": outcome.code, "message": outcome.message}
        fate: dict[str, Any] = {"state": outcome.state, "as_of": now.isoformat(), "tried_at": now.isoformat()}
        if not outcome.later:
            return fate | told
        at = now + timedelta(seconds=settings.SANDBOX_BANK_SECONDS)
        later = {"state": outcome.later, "at": at.isoformat(), **told}
        return fate | {"failure_code": "", "message": "", "later": later}

    def _tell(self, made: SandboxObject) -> None:
        owe_event(EVENTS.get(made.body["state"], "payment.created"), public_payment(made), due_at=self._at())
        if later := made.body.get("later"):
            due = datetime.fromisoformat(later["at"])
            changed = public_payment(made) | later | {"as_of": later["at"]}
            owe_event(EVENTS[later["state"]], changed, due_at=due)

    def _now(self, found: SandboxObject) -> PaymentFact:
        later = found.body.get("later")
        come = later if later and datetime.fromisoformat(later["at"]) <= self.clock() else {}
        return payment_fact(public_payment(found) | come | {"as_of": self._at().isoformat()})

    def _count(self, counter_id: str) -> int:
        """How often this has been asked for, this time included; the counter's lock keeps it right."""
        SandboxObject.objects.bulk_create(
            [SandboxObject(id=counter_id[:64], kind="key", body={"calls": 0}, created_at=self.clock())],
            ignore_conflicts=True,
        )
        with transaction.atomic():
            counter = SandboxObject.objects.select_for_update().get(id=counter_id[:64])
            counter.body["calls"] += 1
            counter.save(update_fields=["body"])
        return int(counter.body["calls"])

    def _at(self) -> datetime:
        return self.clock().replace(microsecond=0)


def payment_fact(found: Mapping[str, Any]) -> PaymentFact:
    """What a payment of the sandbox says, from an answer or from the object inside an event."""
    try:
        state, amount = found["state"], found["amount_minor"]
        as_of = datetime.fromisoformat(found["as_of"])
        succeeded = state == "succeeded"
        tried = AttemptFact(
            gateway="sandbox",
            gateway_id=f"{found['id']}_{found['tries']}",
            at=datetime.fromisoformat(found["tried_at"]),
            state=state,
            amount_minor=amount,
            as_of=as_of,
            code=found["failure_code"] if state == "failed" else "",
            message=found["message"],
            captured_minor=amount if succeeded else 0,
            method_kind="card",
            card_brand="visa",
            card_last4=found["card"],
        )
        return PaymentFact(
            gateway="sandbox",
            gateway_id=found["id"],
            customer_id=found["customer"],
            state=state,
            currency=found["currency"],
            amount_minor=amount,
            captured_minor=amount if succeeded else 0,
            created_at=datetime.fromisoformat(found["created_at"]),
            as_of=as_of,
            method_id=found["method"],
            failure_code=tried.code,
            failure_message=found["message"] if state == "failed" else "",
            succeeded_at=as_of if succeeded else None,
            reference=found["reference"],
            attempts=(tried,),
            saved=method_fact(found, as_of) if succeeded and found.get("keep") else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Garbage(
            "payment_unreadable",
            "The sandbox's payment cannot be read: a field is missing or makes no sense.",
        ) from error


def method_on_page(card: str, *, keep: bool) -> str:
    """What a card on one of the sandbox's pages is called: one that is kept has an id of its own, whose end
    tells its fate at later charges."""
    return f"{KEPT}{secrets.token_hex(6)}_{card}" if keep else f"sbx_pm_{card}"


def method_fact(found: Mapping[str, Any], as_of: datetime) -> MethodFact:
    """A card that the sandbox keeps; it is good for three years."""
    created_at = datetime.fromisoformat(found["created_at"])
    return MethodFact(
        gateway="sandbox",
        gateway_id=found["method"],
        customer_id=found["customer"],
        kind="card",
        created_at=created_at,
        as_of=as_of,
        brand="visa",
        last4=found["card"],
        exp_month=12,
        exp_year=created_at.year + 3,
    )


def page_fact(found: SandboxObject) -> PageFact:
    is_open = found.body["state"] == "open"
    return PageFact(
        gateway="sandbox",
        gateway_id=found.id,
        url=f"{settings.PUBLIC_URL}/sandbox/pay/{found.id}/" if is_open else "",
        expires_at=datetime.fromisoformat(found.body["expires_at"]),
        payment_id=found.body.get("payment", ""),
    )


def public_payment(payment: SandboxObject) -> dict[str, Any]:
    shown = {name: value for name, value in payment.body.items() if name != "later"}
    return {"id": payment.id, "object": "payment", **shown}


def trouble_of(trouble: str) -> Unreachable:
    """What a call that comes to this trouble raises."""
    if trouble == "rate_limited":
        return Unreachable("rate_limited", "The sandbox asked us to slow down.", retry_after=2)
    if trouble == "server_error":
        return Unreachable("server_error", "The sandbox had an error of its own; its outcome is unknown.")
    if trouble == "garbage":
        return Garbage("answer_unreadable", "The sandbox's answer cannot be read.")
    return Unreachable("unreachable", "The sandbox did not answer in time; nobody knows yet what it did.")


def outside_transactions() -> None:
    if connection.in_atomic_block:
        raise RuntimeError("a gateway is never called inside a transaction")


def _require_same(made: SandboxObject, amount: Money, method: str) -> None:
    asked = (amount.minor, amount.currency, method)
    if (made.body["amount_minor"], made.body["currency"], made.body.get("method")) != asked:
        raise GatewayRefused("key_reused", "The sandbox has seen this key with another amount or method.")
