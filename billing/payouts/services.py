"""Writing what gateways tell of payouts, and posting the money once it has arrived."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from django.db import transaction
from django.db.models import Count

from billing.errors import InvalidInput
from billing.gateways.facts import PayoutFact
from billing.history.actors import Actor
from billing.history.keeping import Kept, Told, keep
from billing.ids import new_reference
from billing.ledger import rules
from billing.ledger.models import Posting
from billing.ledger.services import Entry, post_many, reverse
from billing.logs import add_facts, service
from billing.money import Money
from billing.payouts.models import Payout, PayoutState
from billing.payouts.rules import MACHINE

FACTS = ("payout.paid", "payout.taken")


@service("payouts")
@transaction.atomic
def record_payouts(facts: Sequence[PayoutFact], *, actor: Actor, now: datetime) -> dict[str, Kept]:
    """Makes our payouts say what a gateway tells; one that was paid posts once, on the day of its arrival,
    and is taken back when it fails after all."""
    kept: dict[str, Kept] = {}
    for gateway in {fact.gateway for fact in facts}:
        some = {f.gateway_id: f for f in sorted(facts, key=lambda f: f.as_of) if f.gateway == gateway}
        told = [_told(fact) for fact in some.values()]
        here = keep(Payout, gateway, told, actor=actor, now=now, machine=MACHINE, quiet=("failure_message",))
        _post([each.row for each in here.values() if each.written], actor, now)
        kept |= here
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def _told(fact: PayoutFact) -> Told:
    if fact.amount_minor == 0:
        raise InvalidInput("payout_of_nothing", f"{fact.gateway_id} pays out nothing.")
    return Told(
        fact.gateway_id,
        fact.as_of,
        {
            "state": fact.state,
            "arrival_on": fact.arrival_on,
            "is_automatic": fact.is_automatic,
            "is_instant": fact.is_instant,
            "is_reconciled": fact.is_reconciled,
            "failure_code": fact.failure_code,
            "failure_message": fact.failure_message,
        },
        {
            "reference": new_reference("PYT", fact.created_at.date()),
            "currency": fact.currency,
            "amount_minor": fact.amount_minor,
            "created_at": fact.created_at,
        },
    )


def _post(payouts: Sequence[Payout], actor: Actor, now: datetime) -> None:
    """Posts those that are paid and not posted, and takes back those that no longer are."""
    if not payouts:
        return
    ids = [payout.pk for payout in payouts]
    posted = Posting.objects.filter(subject_kind="payout", subject_id__in=ids, fact__in=FACTS)
    live = {each.subject_id: each for each in posted.filter(reversed_by__isnull=True)}
    before = dict(posted.values_list("subject_id").annotate(Count("pk")))
    paid = [each for each in payouts if each.state == PayoutState.PAID and each.pk not in live]
    post_many([_entry(each, before.get(each.pk, 0), now) for each in paid], actor=actor, now=now)
    for payout in payouts:
        if payout.state != PayoutState.PAID and payout.pk in live:
            posting = live[payout.pk]
            cause = f"{posting.fact}.reversed:{posting.cause.partition(':')[2]}"
            reverse(posting, cause=cause, actor=actor, now=now)


def _entry(payout: Payout, times_before: int, now: datetime) -> Entry:
    """One that is paid again after it failed is another fact, and is numbered."""
    reference = f"{payout.reference}:{times_before + 1}" if times_before else payout.reference
    amount = Money(abs(payout.amount_minor), payout.currency)
    draft = (
        rules.payout(reference, amount=amount)
        if payout.amount_minor > 0
        else rules.payout_taken(reference, amount=amount)
    )
    arrived = payout.arrival_on if payout.arrival_on and payout.arrival_on <= now.date() else None
    return Entry(draft, None, payout, datetime.combine(arrived, time(), UTC) if arrived else now)
