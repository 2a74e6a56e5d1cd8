"""Billing what a subscription used last, once it was ended in the middle of a period.

Its end closes its usage; the run that comes next bills it on a last invoice, once. Where it is not known it
waits, and the run says so: it is never billed as none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from billing.billing_run.outcome import Outcome, sum_up
from billing.billing_run.using import Used, last_stretches, read_closed, read_usage, write_billed
from billing.history.actors import Actor
from billing.history.services import record
from billing.invoices.composing import Piece
from billing.invoices.issuing import InvoiceOrder, write_invoices
from billing.invoices.models import Invoice
from billing.money import Money
from billing.subscriptions.doing import order_of
from billing.subscriptions.facts import fact_of, facts_of
from billing.subscriptions.models import Subscription
from billing.subscriptions.plans import Facts
from billing.usage.pricing import charge_for
from billing.usage.queries import recorded_between

__all__ = ["Coming", "last_orders", "not_billed", "settle_batch", "usage_so_far"]


@dataclass(frozen=True, slots=True)
class Coming:
    """What of a meter a last invoice would bill as things stand, without tax where the price is."""

    meter: str
    quantity: Decimal
    billed: Decimal
    amount: Money


def settle_batch(rows: Sequence[Subscription], *, until: datetime, actor: Actor, now: datetime) -> Outcome:
    """Bills each, which has ended, for what it used since it was billed last; in the caller's transaction,
    whose locks hold them.

    Whose usage is not known is among the ``failures`` with a sentence, and nothing is closed or written for
    them. What waits for their next invoice (unused time, say) is set off on it. Raises `Refused` for who
    cannot be billed.
    """
    of = {row.pk: row for row in rows}
    facts = facts_of(rows)
    stretches = last_stretches(facts.values(), of)
    # What is closed takes no more: nothing of theirs is, as long as any of it is not known.
    _, why = read_usage(stretches)
    read, also = read_closed(
        [each for each in stretches if each.subscription_id not in why], actor=actor, now=now
    )
    unknown = not_billed(of, why | also)
    used = [each for each in read if each.subscription_id not in unknown]
    settled = [row for row in rows if row.pk not in unknown]
    invoices = write_invoices(last_orders(settled, facts, used, now=now), actor=actor, now=now)
    write_billed(used, invoices, now=now)
    Subscription.objects.filter(pk__in=[row.pk for row in settled]).update(usage_due_at=None)
    billed = {each.subscription_id: each for each in invoices}
    for row in settled:
        _tell(row, billed.get(row.pk), actor, now)
    return Outcome(ended=len(settled), sums=sum_up(invoices), failures=unknown)


def not_billed(rows: Mapping[int, Subscription], why: Mapping[int, str]) -> dict[int, str]:
    """By subscription, the sentence that says why its last usage waits."""
    return {
        pk: f"{rows[pk].reference} has ended, and its last usage is not billed: {sentence} Then try again."
        for pk, sentence in why.items()
    }


def last_orders(
    rows: Sequence[Subscription], facts: Mapping[int, Facts], used: Sequence[Used], *, now: datetime
) -> list[InvoiceOrder]:
    """The last invoices of these, by the law of the day they ended; none where their use costs nothing."""
    pieces: dict[int, list[Piece]] = {}
    for each in used:
        if each.piece is not None:
            pieces.setdefault(each.subscription_id, []).append(each.piece)
    return [
        order_of(facts[row.pk], pieces[row.pk], cause=_cause(row), on=row.ended_at or now)
        for row in rows
        if row.pk in pieces
    ]


def usage_so_far(subscription: Subscription, *, now: datetime) -> list[Coming]:
    """What a last invoice would bill if it ended now, of what is recorded by now; more may still be told.

    Two queries, and one for each meter that is priced and period that was not billed. Writes nothing.
    """
    facts = fact_of(subscription)
    if subscription.state not in ("active", "past_due", "unpaid", "paused"):
        return []
    ending = Subscription(pk=subscription.pk, created_at=subscription.created_at, ended_at=now)
    found: dict[str, Coming] = {}
    for each in last_stretches([facts], {subscription.pk: ending}):
        number = recorded_between(each.customer_id, each.price.meter, each.period)
        charge = charge_for(number, each.price)
        zero = Coming(each.price.meter.name, Decimal(0), Decimal(0), Money.zero(facts.currency))
        before = found.get(zero.meter, zero)
        found[zero.meter] = replace(
            before,
            quantity=before.quantity + charge.quantity,
            billed=before.billed + charge.billed,
            amount=before.amount + Money(charge.amount_minor, facts.currency),
        )
    return list(found.values())


def _cause(row: Subscription) -> str:
    assert row.ended_at is not None
    return f"usage:{row.pk}:{row.ended_at:%Y-%m-%dT%H:%M:%SZ}"


def _tell(row: Subscription, invoice: Invoice | None, actor: Actor, now: datetime) -> None:
    money = Money(invoice.total_minor, invoice.currency) if invoice else None
    record(
        row, "usage_settled", actor=actor, now=now, money=money, invoice=invoice.label if invoice else "",
    )  # fmt: skip
