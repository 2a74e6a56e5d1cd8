"""Mending an issued invoice: credited in full and issued anew, in one step, linked both ways."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.invoices.composing import Piece
from billing.invoices.crediting import check_creditable, plan_whole, write_note
from billing.invoices.drafting import lines_as_pieces, lock_with_customer
from billing.invoices.issuing import write_invoices
from billing.invoices.models import CreditNote, Invoice
from billing.invoices.numbering import number_credit_note
from billing.invoices.orders import InvoiceOrder
from billing.invoices.voiding import refuse_while_paying
from billing.logs import add_facts, service

__all__ = ["Reissued", "correct_and_reissue"]


@dataclass(frozen=True, slots=True)
class Reissued:
    """What took the wrong invoice off, and what stands in its place."""

    note: CreditNote
    invoice: Invoice


@service("invoices")
@transaction.atomic
def correct_and_reissue(
    *,
    invoice_id: int,
    reason: str,
    actor: Actor,
    form_key: str,
    now: datetime,
    pieces: Sequence[Piece] | None = None,
    collect: str = "send",
    due_days: int = 14,
) -> Reissued:
    """Credits an issued invoice of ours whole and writes it anew with the customer's data of now: name,
    address, VAT number, and the tax that follows from them on the same tax point. ``pieces`` bills other
    lines than it had.

    What had been paid becomes the customer's and pays the new one first. The same form gives the first answer
    again. Raises `InvalidInput` without a reason or form, `Conflict` for one that cannot be mended so.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
    if not form_key or len(form_key) > 64:
        raise InvalidInput("form_key_missing", "This form was not made by the desk. Open it again.")
    old = lock_with_customer(invoice_id)
    if made := CreditNote.objects.filter(form_key=form_key).first():
        return _again(made, old)
    if Invoice.objects.filter(corrects=old).exists():
        raise Conflict("already_corrected", f"{old.label} has been issued anew. Correct that one instead.")
    check_creditable(old)
    refuse_while_paying(old)
    plan = plan_whole(old)
    wanted = list(pieces) if pieces is not None else [_plain(piece) for piece in lines_as_pieces(old)]
    note = write_note(old, plan, reason="corrected", memo=reason, actor=actor, form_key=form_key, now=now)
    number_credit_note(note, now=now)
    order = InvoiceOrder(
        customer_id=old.customer_id,
        subscription_id=old.subscription_id,
        currency=old.currency,
        pieces=wanted,
        cause=f"reissue:{old.reference}",
        collect=collect,
        tax_point=old.tax_point or (old.finalised_at or now).date(),
        due_days=due_days,
        takes_pending=False,
        corrects_id=old.pk,
    )
    written = write_invoices([order], actor=actor, now=now)
    if not written:
        raise Conflict(
            "nothing_to_bill", "The corrected invoice charges nothing. Credit the old one instead."
        )
    record(
        old, "reissued", actor=actor, now=now, reason=reason, note=note.reference, invoice=written[0].number
    )
    add_facts(invoice=old.label, note=note.number, anew=written[0].number)
    return Reissued(note, written[0])


def _plain(piece: Piece) -> Piece:
    """The piece without what only the composing of the wrong invoice said of it."""
    return replace(piece, why={name: value for name, value in piece.why.items() if name != "part_of_minor"})


def _again(made: CreditNote, old: Invoice) -> Reissued:
    anew = Invoice.objects.filter(corrects_id=made.invoice_id).first()
    if made.invoice_id != old.pk or anew is None:
        raise Conflict("form_already_used", f"This form has already made {made.label}. Open a new form.")
    return Reissued(made, anew)
