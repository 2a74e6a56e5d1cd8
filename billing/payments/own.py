"""Payments that we made ourselves: known again when a gateway tells of them, and brought to their end.

Whatever tells first (the answer to our call, a message, a look-up, an import), the row that was written
before the call is the one that is told of.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from billing.gateways.facts import PaymentFact
from billing.history.actors import Actor
from billing.history.keeping import lock_ids
from billing.history.services import move, record
from billing.invoices.models import Invoice
from billing.payments.applying import apply_to_ours
from billing.payments.declines import explain
from billing.payments.following import follow
from billing.payments.models import Payment, PaymentAttempt
from billing.payments.rules import LIVE, MACHINE, MENDING, next_attempt

#: What never reached the bank says nothing about the card.
NOT_A_DECLINE = frozenset({"never_arrived", "not_called", "not_set_up", "abandoned", "told_of_elsewhere"})


def adopt(gateway: str, facts: Iterable[PaymentFact], *, actor: Actor, now: datetime) -> set[str]:
    """Gives our payments the ids by which the gateway calls them: the fact carries our key.

    One that was told of before by an id alone (a message without the key) has a row of its own by now, which
    takes over the key and the invoice; gives the ids of those: what they mean is not yet drawn from them.
    """
    told = {fact.reference: fact.gateway_id for fact in facts if fact.reference}
    if not told:
        return set()
    lock_ids(Payment._meta.db_table, gateway, told.values())
    rows = Payment.objects.select_for_update().filter(
        gateway=gateway, gateway_id="", idempotency_key__in=list(told)
    )
    waiting = {str(row.idempotency_key): row for row in rows.order_by("pk")}
    if not waiting:
        return set()
    strangers = {
        row.gateway_id: row
        for row in Payment.objects.select_for_update().filter(
            gateway=gateway, gateway_id__in=[told[key] for key in waiting], idempotency_key=None
        )
    }
    for key, row in waiting.items():
        if told[key] in strangers:
            _hand_over(row, strangers[told[key]], actor=actor, now=now)
        else:
            row.gateway_id = told[key]
            row.save(update_fields=["gateway_id"])
    return set(strangers)


def _hand_over(ours: Payment, stranger: Payment, *, actor: Actor, now: datetime) -> None:
    """The row that the gateway told of becomes ours; the one from before the call ends."""
    key, invoice_id, link_id = ours.idempotency_key, ours.invoice_id, ours.link_id
    why = f"The gateway told of it before it answered: it is {stranger.reference}."
    ended = {"idempotency_key": None, "is_live": False, "failure_code": "told_of_elsewhere"}
    move(ours, MACHINE, "canceled", actor=actor, now=now, reason=why, also=ended)
    PaymentAttempt.objects.filter(payment=ours, gateway_id="").update(state="canceled")
    stranger.idempotency_key, stranger.invoice_id, stranger.link_id = key, invoice_id, link_id
    # What is bought by it is invoiced only once it is paid: without an invoice nothing waits for its outcome.
    stranger.is_live, stranger.customer_id = ours.invoice_id is not None, ours.customer_id
    stranger.save(update_fields=["idempotency_key", "invoice", "link", "is_live", "customer"])
    ours.checkout_sessions.update(payment=stranger)
    record(stranger, "made_here", actor=actor, now=now, before=ours.reference)


def adopt_attempts(payments: Sequence[Payment], facts: dict[str, PaymentFact]) -> None:
    """The attempt that was written before the call gets the id of the one that the gateway tells of."""
    ours = {row.pk: row for row in payments if row.idempotency_key}
    if not ours:
        return
    blanks, known = [], set()
    for each in PaymentAttempt.objects.filter(payment__in=list(ours)).order_by("pk"):
        if each.gateway_id:
            known.add(each.gateway_id)
        else:
            blanks.append(each)
    for blank in blanks:
        fact = facts[ours[blank.payment_id].gateway_id]
        first = next((each for each in fact.attempts if each.gateway_id not in known), None)
        if first is not None:
            known.add(first.gateway_id)
            blank.gateway, blank.gateway_id = first.gateway, first.gateway_id
    PaymentAttempt.objects.bulk_update(
        [each for each in blanks if each.gateway_id], ["gateway", "gateway_id"]
    )


def bring_to_end(payments: Sequence[Payment], *, actor: Actor, now: datetime) -> None:
    """What the state of these payments of ours, locked, means for their invoices: paid, charged again later,
    or neither yet. Saying it twice changes nothing."""
    ours = [row for row in payments if row.invoice_id]
    if not ours:
        return
    ended = [row for row in ours if row.is_live and row.state not in LIVE and not _may_go_on(row, now)]
    for row in ended:
        row.is_live = False
    if ended:
        Payment.objects.bulk_update(ended, ["is_live"])
    succeeded = [row for row in ours if row.state == "succeeded"]
    if succeeded:
        follow(apply_to_ours(succeeded, actor=actor, now=now), actor=actor, now=now)
    plan_again([row for row in ended if row.state in ("failed", "canceled")], actor=actor, now=now)


def _may_go_on(row: Payment, now: datetime) -> bool:
    """A card was refused on a page that is still open: its customer may try another there."""
    return row.state == "failed" and row.checkout_until is not None and now < row.checkout_until


def plan_again(failed: Sequence[Payment], *, actor: Actor, now: datetime) -> None:
    """Writes when their invoices, still open, are charged again: on the days that the rules say, at once
    where nothing ever reached the bank, and not before another card comes where the card is refused."""
    if not failed:
        return
    ids = {row.invoice_id for row in failed if row.invoice_id is not None}
    rows = Invoice.objects.select_for_update().filter(pk__in=ids, state="open", gateway="").order_by("pk")
    invoices = {row.pk: row for row in rows}
    tries: dict[int | None, list[datetime]] = defaultdict(list)
    for pk, failed_at in (
        Payment.objects.filter(invoice__in=list(invoices), state="failed", link=None)
        .exclude(failure_code__in=NOT_A_DECLINE)
        .order_by("created_at", "pk")
        .values_list("invoice_id", "created_at")
    ):
        tries[pk].append(failed_at)
    for row in failed:
        invoice = invoices.get(row.invoice_id or 0)
        if invoice is None or row.link_id or invoice.collect_at is not None:
            continue
        at: datetime | None
        if row.failure_code in ("never_arrived", "not_called"):
            at = now
        elif row.failure_code == "not_set_up":
            at = now + MENDING
        elif row.state == "canceled":
            at = None
        else:
            meaning = explain(row.failure_code)
            at = next_attempt(tries[row.invoice_id], hard=bool(meaning and meaning.hard))
        if at is not None:
            invoice.collect_at = max(at, now)
            invoice.save(update_fields=["collect_at"])
        record(
            invoice,
            "charge_failed",
            actor=actor,
            now=now,
            payment=row.reference,
            code=row.failure_code,
            again_at=invoice.collect_at.isoformat() if invoice.collect_at else "",
        )
