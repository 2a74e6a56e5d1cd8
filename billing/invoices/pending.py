"""Pieces that wait for a customer's next invoice: unused time, one-off charges, usage of an ended period."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from billing.errors import Conflict, InvalidInput, Missing
from billing.fields import AnyOf
from billing.history.actors import Actor
from billing.history.services import record
from billing.invoices.composing import Piece, TakenBack
from billing.invoices.pending_models import PendingLine
from billing.logs import add_facts, service
from billing.money import Money
from billing.periods import Period

__all__ = ["add_pending", "as_piece", "let_wait", "pending_row", "waiting_for", "withdraw_pending"]

LONGEST_CAUSE = 200


@service("invoices")
@transaction.atomic
def add_pending(
    pieces: Sequence[Piece],
    *,
    customer_id: int,
    subscription_id: int | None,
    currency: str,
    cause: str,
    actor: Actor,
    now: datetime,
) -> list[PendingLine]:
    """Lets pieces wait for the next invoice of the subscription, or of the customer where there is none.

    The same cause again gives the rows of the first time. Pieces of zero are left out. Raises `InvalidInput`
    without a cause.
    """
    if not cause or len(cause) > LONGEST_CAUSE - 8:
        raise InvalidInput("cause_missing", "A pending line needs the cause that it is made for, once.")
    rows = [
        pending_row(piece, customer_id, subscription_id, currency, cause=f"{cause}:{place}", created_at=now)
        for place, piece in enumerate(pieces, 1)
        if piece.amount_minor
    ]
    PendingLine.objects.bulk_create(rows, ignore_conflicts=True)
    found = list(PendingLine.objects.filter(cause__in=[row.cause for row in rows]).order_by("pk"))
    if any(row.customer_id != customer_id for row in found):
        raise Conflict("cause_already_used", "This cause has a pending line of another customer.")
    add_facts(customer=customer_id, lines=len(found))
    return found


@service("invoices")
@transaction.atomic
def withdraw_pending(*, pending_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Takes a line that still waits away again. Raises `Missing`, or `Conflict` once an invoice has it."""
    row = PendingLine.objects.select_for_update().filter(pk=pending_id).first()
    if row is None:
        raise Missing("pending_missing", "This pending line is not here.")
    if row.invoice_id:
        raise Conflict("pending_taken", "An invoice has taken this line by now. Credit that invoice instead.")
    money = Money(row.amount_minor, row.currency)
    record(row.customer, "pending.withdrawn", actor=actor, now=now, reason=reason, money=money, line=str(row))
    row.delete()


def waiting_for(customer_ids: Iterable[int], *, lock: bool = False) -> list[PendingLine]:
    """What waits for these customers' next invoices, oldest first; locked until the transaction ends."""
    waiting = PendingLine.objects.filter(AnyOf(F("customer_id"), set(customer_ids)), invoice__isnull=True)
    rows = waiting.order_by("pk")
    return list(rows.select_for_update() if lock else rows)


def let_wait(
    left: Iterable[tuple[Sequence[Piece], tuple[int, int | None, str], str]], *, now: datetime
) -> None:
    """What did not fit on invoices waits for the next of the same (customer, subscription, currency); once
    for each cause, all in one statement."""
    rows = [
        pending_row(piece, *whose, cause=f"{cause}:{place}", created_at=now)
        for pieces, whose, cause in left
        for place, piece in enumerate(pieces, 1)
    ]
    if rows:
        PendingLine.objects.bulk_create(rows, ignore_conflicts=True)


def as_piece(row: PendingLine) -> Piece:
    """The piece that waits in a row."""
    back = None
    if row.takes_back_number or row.takes_back_treatment:
        back = TakenBack(
            row.takes_back_rate, row.takes_back_treatment, row.takes_back_number, row.takes_back_id
        )
    period = None
    if row.period_start is not None and row.period_end is not None:
        period = Period(row.period_start, row.period_end)
    return Piece(
        kind=row.kind,
        description=row.description,
        amount_minor=row.amount_minor,
        quantity=row.quantity,
        unit_amount_minor=row.unit_amount_minor,
        period=period,
        price_id=row.price_id,
        item_id=row.item_id,
        inclusive=row.inclusive,
        takes_back=back,
        tax_class=row.tax_class,
        why=row.why,
    )


def pending_row(
    piece: Piece,
    customer_id: int,
    subscription_id: int | None,
    currency: str,
    *,
    cause: str,
    created_at: datetime,
) -> PendingLine:
    """The unsaved row in which a piece waits."""
    back = piece.takes_back
    return PendingLine(
        customer_id=customer_id,
        subscription_id=subscription_id,
        currency=currency,
        kind=piece.kind,
        description=piece.description,
        amount_minor=piece.amount_minor,
        inclusive=piece.inclusive,
        quantity=piece.quantity,
        unit_amount_minor=piece.unit_amount_minor,
        period_start=piece.period.start if piece.period else None,
        period_end=piece.period.end if piece.period else None,
        price_id=piece.price_id,
        item_id=piece.item_id,
        takes_back_id=back.line_id if back else None,
        takes_back_number=back.invoice_number if back else "",
        takes_back_rate=back.rate if back else None,
        takes_back_treatment=back.treatment if back else "",
        tax_class=piece.tax_class,
        why=dict(piece.why),
        cause=cause,
        created_at=created_at,
    )
