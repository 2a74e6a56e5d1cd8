"""Writing what gateways tell of disputes, and posting the money that they moved."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from billing.disputes.answering import answer_warnings, note_taken_twice
from billing.disputes.deciding import settle
from billing.disputes.models import Dispute
from billing.disputes.rules import MACHINE
from billing.disputes.warnings import keep_warnings, turn_warnings
from billing.errors import InvalidInput
from billing.gateways.facts import DisputeFact, FundsFact
from billing.history.actors import Actor
from billing.history.keeping import Kept, Told, keep
from billing.ids import new_reference
from billing.invoices.services import missing
from billing.ledger import rules
from billing.ledger.models import Posting
from billing.ledger.services import Entry, post_many, reverse
from billing.logs import add_facts, note_odd, service
from billing.money import Money
from billing.payments.models import Payment
from billing.payments.queries import by_gateway_id


@service("disputes")
@transaction.atomic
def record_disputes(facts: Sequence[DisputeFact], *, actor: Actor, now: datetime) -> dict[str, Kept]:
    """Makes our disputes say what a gateway tells; each movement of money posts once, whatever the state.

    Raises `Missing` (code ``unknown_charge``) where the payment is not known yet.
    """
    kept: dict[str, Kept] = {}
    for gateway in {fact.gateway for fact in facts}:
        some = {f.gateway_id: f for f in sorted(facts, key=lambda f: f.as_of) if f.gateway == gateway}
        payments = _lock_payments(gateway, list(some.values()))
        early = [fact for fact in some.values() if fact.is_early_warning]
        others = [fact for fact in some.values() if not fact.is_early_warning]
        turn_warnings(gateway, others, payments, actor=actor, now=now)
        told = [_told(fact, payments[fact.gateway_id]) for fact in others]
        here = keep(Dispute, gateway, told, actor=actor, now=now, machine=MACHINE)
        _post([(each.row, some[gid]) for gid, each in here.items() if each.written], actor, now)
        settle([each.row for each in here.values() if each.written], actor=actor, now=now)
        taken = {each.row.payment_id for each in here.values() if each.written and each.row.withdrawn_minor}
        note_taken_twice(taken, actor=actor, now=now)
        warned = keep_warnings(gateway, early, payments, actor=actor, now=now)
        answered = answer_warnings([each.row.payment_id for each in warned.values()], actor=actor, now=now)
        for each in warned.values():
            each.row = answered.get(each.row.pk, each.row)
        kept |= here | warned
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def record_dispute(fact: DisputeFact, *, actor: Actor, now: datetime) -> Dispute:
    """As `record_disputes`, for one."""
    return record_disputes([fact], actor=actor, now=now)[fact.gateway_id].row


def _lock_payments(gateway: str, facts: Sequence[DisputeFact]) -> dict[str, Payment]:
    """The payment of each dispute, locked: what is withdrawn lowers what is refundable."""
    ids = [each for fact in facts for each in (fact.payment_gateway_id, fact.charge_gateway_id)]
    known = by_gateway_id(gateway, ids)
    found: dict[str, Payment] = {}
    for fact in facts:
        payment = known.get(fact.payment_gateway_id) or known.get(fact.charge_gateway_id)
        if payment is None:
            kind = "charge" if fact.charge_gateway_id else "payment_intent"
            raise missing(kind, fact.charge_gateway_id or fact.payment_gateway_id, fact.gateway_id)
        if fact.amount_minor <= 0 and not fact.is_early_warning:
            raise InvalidInput("dispute_of_nothing", f"{fact.gateway_id} disputes nothing.")
        found[fact.gateway_id] = payment
    ids_ = [payment.pk for payment in found.values()]
    list(Payment.objects.select_for_update().filter(pk__in=ids_).order_by("pk").values_list("pk"))
    return found


def _told(fact: DisputeFact, payment: Payment) -> Told:
    withdrawn = -sum(each.amount_minor for each in _own(fact))
    return Told(
        fact.gateway_id,
        fact.as_of,
        {
            "state": fact.state,
            "reason": fact.reason,
            "amount_minor": fact.amount_minor,
            "withdrawn_minor": max(0, withdrawn),
            "evidence_due_at": fact.evidence_due_at,
        },
        {
            "reference": new_reference("DSP", fact.created_at.date()),
            "payment_id": payment.pk,
            "customer_id": payment.customer_id,
            "currency": fact.currency,
            "created_at": fact.created_at,
        },
    )


def _own(fact: DisputeFact) -> list[FundsFact]:
    """The movements in the dispute's currency; the others' worth in it is not told."""
    return [each for each in fact.funds if each.currency == fact.currency]


def _post(told: Sequence[tuple[Dispute, DisputeFact]], actor: Actor, now: datetime) -> None:
    """Posts what moved, each movement once; a loss once, and its reversal when it is won after all."""
    if not told:
        return
    rows = [row for row, _ in told]
    posted = Posting.objects.filter(
        subject_kind="dispute", subject_id__in=[row.pk for row in rows], fact="dispute.lost"
    )
    lost = {posting.subject_id: posting for posting in posted.filter(reversed_by__isnull=True)}
    before = dict(posted.values_list("subject_id").annotate(Count("pk")))
    entries: list[Entry] = []
    for row, fact in told:
        if len(_own(fact)) != len(fact.funds):
            note_odd("disputes.moved_in_other_currency", dispute=row.reference)
        entries += [
            Entry(draft, row.customer_id, row, each.at) for each in _own(fact) for draft in _drafts(each)
        ]
        if row.state == "lost" and row.pk not in lost and row.withdrawn_minor:
            entries.append(_loss(row, before.get(row.pk, 0), now))
    post_many(entries, actor=actor, now=now)
    for row in rows:
        if row.state != "lost" and row.pk in lost:
            posting = lost[row.pk]
            cause = f"dispute.lost.reversed:{posting.cause.partition(':')[2]}"
            reverse(posting, cause=cause, actor=actor, now=now)


def _loss(row: Dispute, times_before: int, now: datetime) -> Entry:
    """One lost again after it was won is another fact, and is numbered."""
    reference = f"{row.reference}:{times_before + 1}" if times_before else row.reference
    draft = rules.dispute_lost(reference, amount=Money(row.withdrawn_minor, row.currency))
    return Entry(draft, row.customer_id, row, now)


def _drafts(funds: FundsFact) -> list[rules.Draft]:
    money = Money(abs(funds.amount_minor), funds.currency)
    made = [
        rules.dispute_funds_withdrawn(funds.gateway_id, amount=money)
        if funds.amount_minor < 0
        else rules.dispute_funds_reinstated(funds.gateway_id, amount=money)
    ]
    if funds.fee_minor > 0:
        made.append(rules.dispute_fee(funds.gateway_id, amount=Money(funds.fee_minor, funds.currency)))
    elif funds.fee_minor < 0:
        back = Money(-funds.fee_minor, funds.currency)
        made.append(rules.dispute_fee_returned(funds.gateway_id, amount=back))
    return made
