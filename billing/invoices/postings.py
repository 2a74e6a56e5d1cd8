"""What invoices and credit notes of a gateway post."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from billing.history.actors import Actor
from billing.history.keeping import Kept
from billing.invoices.models import CreditNote, Invoice
from billing.ledger import rules
from billing.ledger.models import Posting
from billing.ledger.services import Entry, post_many, reverse
from billing.money import Money


def post_invoices(kept: Iterable[Kept], *, actor: Actor, now: datetime) -> None:
    """Posts the finalisation of those issued, and takes back that of those voided."""
    written = [each.row for each in kept if each.written and each.row.state != "draft"]
    fresh = [(row, _issue(row)) for row in written if row.total_minor]
    if not fresh:
        return
    known = _posted([draft.cause for _, draft in fresh])
    entries = [
        Entry(draft, row.customer_id, row, row.finalised_at)
        for row, draft in fresh
        if draft.cause not in known
    ]
    known |= {posting.cause: posting for posting in post_many(entries, actor=actor, now=now)}
    for row, draft in fresh:
        if row.state == "void":
            reverse(known[draft.cause], cause=f"invoice.voided:{row.reference}", actor=actor, now=now)


def post_from_balance(
    kept: Mapping[str, Kept], used_minor: Mapping[str, int], *, actor: Actor, now: datetime
) -> None:
    """Posts what the customer's balance at the gateway paid, once for an invoice; a void one returns it."""
    rows = [(kept[gid].row, used) for gid, used in used_minor.items() if kept[gid].written]
    entries = [
        Entry(
            rules.store_credit_used(row.reference, amount=Money(used, row.currency)),
            row.customer_id,
            row,
            row.finalised_at,
        )
        for row, used in rows
        if row.state not in ("draft", "void")
    ]
    if entries:
        post_many(entries, actor=actor, now=now)
    void = [row for row, _ in rows if row.state == "void"]
    known = _posted([f"store_credit.used:{row.reference}" for row in void])
    for cause, posting in known.items():
        reference = cause.partition(":")[2]
        reverse(posting, cause=f"store_credit.used.reversed:{reference}", actor=actor, now=now)


def post_out_of_band(
    kept: Mapping[str, Kept],
    paid_minor: Mapping[str, int],
    used_minor: Mapping[str, int],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Posts what was paid to our bank, past the gateway, for those that are paid; once for an invoice.

    ``used_minor`` is what the customer's balance paid of each.
    """
    rows = [(kept[gid].row, paid) for gid, paid in paid_minor.items() if kept[gid].written]
    entries = [
        Entry(
            rules.paid_out_of_band(
                row.reference,
                amount=Money(paid, row.currency),
                owed=Money(row.total_minor - used_minor.get(row.gateway_id, 0), row.currency),
            ),
            row.customer_id,
            row,
            row.paid_at,
        )
        for row, paid in rows
        if row.state == "paid" and paid > 0
    ]
    if entries:
        post_many(entries, actor=actor, now=now)


def post_credit_notes(kept: Iterable[Kept], *, actor: Actor, now: datetime) -> None:
    """Posts each note, and takes back those voided. No revenue of a gateway's invoices is recognised yet, so
    the whole net comes out of deferred revenue."""
    written = [each.row for each in kept if each.written]
    if not written:
        return
    known = _posted([f"credit_note.issued:{row.reference}" for row in written])
    entries = [
        Entry(_issued(row), row.customer_id, row, row.issued_at)
        for row in written
        if f"credit_note.issued:{row.reference}" not in known
    ]
    known |= {posting.cause: posting for posting in post_many(entries, actor=actor, now=now)}
    for row in written:
        if row.voided_at:
            posting = known[f"credit_note.issued:{row.reference}"]
            reverse(posting, cause=f"credit_note.voided:{row.reference}", actor=actor, now=now)


def _issue(row: Invoice) -> rules.Draft:
    """What an invoice posts when it is issued, and a gateway's below zero when it gives back."""
    post, sign = (rules.invoice_finalised, 1) if row.total_minor > 0 else (rules.invoice_below_zero, -1)
    return post(
        row.reference,
        total=Money(sign * row.total_minor, row.currency),
        net=Money(sign * row.net_minor, row.currency),
        tax=Money(sign * row.tax_minor, row.currency),
    )


def _issued(row: CreditNote) -> rules.Draft:
    net = Money(row.net_minor, row.currency)
    return rules.credit_note(
        row.reference,
        net=net,
        tax=Money(row.tax_minor, row.currency),
        unrendered=net,
        unpaid=Money(row.total_minor - row.on_paid_minor, row.currency),
    )


def _posted(causes: list[str]) -> dict[str, Posting]:
    return {posting.cause: posting for posting in Posting.objects.filter(cause__in=causes)}
