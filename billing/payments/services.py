"""Writing what gateways tell of payments and the attempts at them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.customers.services import mention_customers
from billing.errors import InvalidInput
from billing.gateways.facts import AttemptFact, PaymentFact
from billing.history.actors import Actor
from billing.history.keeping import Adjust, Kept, Told, keep
from billing.ids import new_reference
from billing.logs import add_facts, service
from billing.metrics.services import count_on_commit
from billing.payments.applying import apply_payments
from billing.payments.bought import claim
from billing.payments.methods import record_default_methods, record_methods
from billing.payments.models import Payment, PaymentAttempt, PaymentMethod
from billing.payments.own import adopt, adopt_attempts, bring_to_end
from billing.payments.rules import MACHINE
from billing.payments.saving import keep_saved
from billing.payments.settling import post_fees, settle, settle_locked

__all__ = [
    "apply_payments",
    "record_default_methods",
    "record_methods",
    "record_payment",
    "record_payments",
    "settle",
]

#: What a success may turn into at a gateway: then it was taken back.
NOT_SUCCESS = frozenset({"failed", "pending", "requires_action", "canceled"})
#: What is counted as having come to something.
RESULTS = frozenset({"succeeded", "failed", "canceled", "unknown"})
LIKELY = ("canceled", "failed", "pending", "requires_action", "authorized", "succeeded")
#: Of what is told of one moment, the later counts: an end is further than anything under way.
FURTHER = ("pending", "requires_action", "authorized", "canceled", "failed", "succeeded")
CARD = ("method_kind", "card_brand", "card_last4")


@service("payments")
@transaction.atomic
def record_payments(
    facts: Sequence[PaymentFact], *, actor: Actor, now: datetime, with_postings: bool = True
) -> dict[str, Kept]:
    """Makes our payments and their attempts say what a gateway tells, applies them to the invoice they name
    where that is known, and posts them once.

    Without ``with_postings`` the caller owes `settle`: an import posts a payment once it knows its invoices.
    A payment of nobody in particular gets a customer of its own.
    """
    kept: dict[str, Kept] = {}
    for gateway in {fact.gateway for fact in facts}:
        merged = _merge([fact for fact in facts if fact.gateway == gateway])
        handed_over = adopt(gateway, merged.values(), actor=actor, now=now)
        here = _keep(gateway, merged, actor, now)
        adopt_attempts([each.row for each in here.values()], merged)
        tries = _keep_attempts(gateway, merged, here, actor, now)
        post_fees(
            [
                (here[gid].row, tried)
                for gid, fact in merged.items()
                for tried in fact.attempts
                if here[gid].written or tries[tried.gateway_id].written
            ],
            actor=actor,
            now=now,
        )
        keep_saved([each.row for each in here.values()], merged, actor=actor, now=now)
        links = [(gid, fact.invoice_id) for gid, fact in merged.items() if fact.invoice_id]
        if links:
            apply_payments(gateway, links, actor=actor, now=now)
        ours = [
            each.row for gid, each in here.items() if each.written or each.row.is_live or gid in handed_over
        ]
        claim(ours, actor=actor, now=now)
        bring_to_end(ours, actor=actor, now=now)
        if with_postings:
            settle_locked([each.row for each in here.values() if each.written], actor=actor, now=now)
            _count_results(gateway, here.values())
        kept |= here
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def record_payment(fact: PaymentFact, *, actor: Actor, now: datetime) -> Payment:
    """As `record_payments`, for one."""
    return record_payments([fact], actor=actor, now=now)[fact.gateway_id].row


def _count_results(gateway: str, kept: Iterable[Kept]) -> None:
    """Those that have come to a result just now; what an import finds came to its result long ago."""
    new = Counter(each.row.state for each in kept if each.outcome == "created" or "state" in each.was)
    for state in RESULTS & new.keys():
        count_on_commit("payments", new[state], gateway=gateway, result=state)


def _merge(facts: Sequence[PaymentFact]) -> dict[str, PaymentFact]:
    """One fact for each payment: its intent's before a charge's, the latest, the most successful; with the
    attempts of all of them."""
    merged: dict[str, PaymentFact] = {}
    for fact in sorted(facts, key=lambda f: (not f.by_charge, f.as_of, LIKELY.index(f.state))):
        if fact.amount_minor <= 0:
            raise InvalidInput("payment_of_nothing", f"{fact.gateway_id} is a payment of nothing.")
        before = merged.get(fact.gateway_id)
        attempts = {each.gateway_id: each for each in (*(before.attempts if before else ()), *fact.attempts)}
        merged[fact.gateway_id] = replace(fact, attempts=tuple(attempts.values()))
    return merged


def _keep(gateway: str, facts: dict[str, PaymentFact], actor: Actor, now: datetime) -> dict[str, Kept]:
    # One that we made has its payer, whatever the gateway calls them.
    ours = set(
        Payment.objects.filter(gateway=gateway, gateway_id__in=list(facts), idempotency_key__isnull=False)
        .order_by()
        .values_list("gateway_id", flat=True)
    )
    payers = {gid: fact.customer_id or f"guest:{gid}" for gid, fact in facts.items() if gid not in ours}
    customers = mention_customers(gateway, payers.values(), actor=actor, now=now)
    ids = {fact.method_id for fact in facts.values()} | {
        tried.method_id for fact in facts.values() for tried in fact.attempts
    }
    rows = PaymentMethod.objects.filter(gateway=gateway, gateway_id__in=ids - {""})
    methods = {row.gateway_id: row for row in rows}
    told = []
    for gid, fact in facts.items():
        values = _values(fact, methods)
        payer = {"customer_id": customers[payers[gid]].pk} if gid in payers else {}
        birth = {"reference": new_reference("PAY", fact.created_at.date()), **payer}
        values |= payer if fact.customer_id else {}
        told.append(Told(gid, fact.as_of, values, birth, partly=fact.by_charge))
    return keep(
        Payment,
        gateway,
        told,
        actor=actor,
        now=now,
        machine=MACHINE,
        adjust=_adjust_to(facts),
        quiet=("description", "failure_message"),
    )


def _values(fact: PaymentFact, methods: dict[str, PaymentMethod]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": fact.state,
        "currency": fact.currency,
        "amount_minor": fact.amount_minor,
        "captured_minor": min(fact.captured_minor, fact.amount_minor),
        "failure_code": fact.failure_code,
        "failure_message": fact.failure_message,
        "description": fact.description,
        "succeeded_at": fact.succeeded_at,
        "created_at": fact.created_at,
    }
    best = _best(fact.attempts)
    method = methods.get((best.method_id if best else "") or fact.method_id)
    if method is not None:
        # Not every server embeds the card in the charge; what the method is known to be stands in for it.
        values |= {"method_id": method.pk, "method_kind": method.kind}
        values |= {"card_brand": method.brand, "card_last4": method.last4} if method.last4 else {}
    if best is not None:
        values |= {name: getattr(best, name) for name in CARD if getattr(best, name)}
        if best.fee_minor is not None:
            values["fee_minor"] = best.fee_minor
    return values


def _best(attempts: Sequence[AttemptFact]) -> AttemptFact | None:
    """The attempt that brought the money, else the last one."""
    return max(attempts, key=lambda a: (LIKELY.index(a.state), a.at)) if attempts else None


def _adjust_to(facts: dict[str, PaymentFact]) -> Adjust:
    """What is told of a known payment, less what it would wrongly overwrite."""

    def adjust(row: Payment, values: dict[str, Any]) -> dict[str, Any]:
        fact = facts[row.gateway_id]
        if row.idempotency_key and row.gateway_as_of == fact.as_of and _says_less(fact, row):
            return {}
        # When it was made is told once: daily totals rest on it.
        values = {name: value for name, value in values.items() if name != "created_at"}
        best = _best(fact.attempts)
        if row.card_last4 and (best is None or best.state != "succeeded"):
            values = {name: value for name, value in values.items() if name not in (*CARD, "method_id")}
        if fact.by_charge:
            return _told_by_charge(row, fact, values)
        if row.state in ("succeeded", "reversed") and fact.state in NOT_SUCCESS:
            values = values | {"state": "reversed"}
            del values["captured_minor"], values["succeeded_at"]
        elif row.state == "succeeded" and row.succeeded_at and not fact.attempts:
            del values["succeeded_at"]  # Without its charges the intent knows only when it was made.
        return values

    return adjust


def _says_less(fact: PaymentFact, row: Payment) -> bool:
    """The answer to our own call may come after a message about what followed within the same second: of
    two states of one second the further one counts."""
    return row.state in FURTHER and FURTHER.index(fact.state) < FURTHER.index(row.state)


def _told_by_charge(row: Payment, fact: PaymentFact, values: dict[str, Any]) -> dict[str, Any]:
    """A charge knows its card and its fee, and that the money came; the rest is its intent's to say."""
    telling = [*CARD, "method_id", "fee_minor"]
    if row.gateway_as_of is not None and fact.as_of < row.gateway_as_of:
        return {name: value for name, value in values.items() if name in telling}
    succeeded = fact.state == "succeeded"
    if succeeded and row.state in (
        "succeeded",
        "pending",
        "requires_action",
        "failed",
        "authorized",
        "unknown",
    ):
        telling += ["state", "captured_minor", "failure_code", "failure_message"]
        telling += ["succeeded_at"]
    elif fact.state == "authorized" and row.state in ("pending", "requires_action"):
        telling += ["state"]
    return {name: value for name, value in values.items() if name in telling}


def _keep_attempts(
    gateway: str, facts: dict[str, PaymentFact], kept: dict[str, Kept], actor: Actor, now: datetime
) -> dict[str, Kept]:
    told = [
        Told(
            tried.gateway_id,
            tried.as_of,
            {
                "payment_id": kept[gid].row.pk,
                "at": tried.at,
                "state": tried.state,
                "amount_minor": tried.amount_minor,
                "code": tried.code,
                "message": tried.message,
            },
        )
        for gid, fact in facts.items()
        for tried in fact.attempts
    ]
    return keep(PaymentAttempt, gateway, told, actor=actor, now=now, history=False)
