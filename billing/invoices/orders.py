"""What is asked of the writing of invoices, and how it stands when it is composed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from billing.errors import Refused
from billing.invoices.composing import Composed, Piece, compose
from billing.invoices.pending import as_piece
from billing.invoices.pending_models import PendingLine
from billing.tax.profiles import Profile
from billing.tax.rules import Decision, Seller, decide_classes

__all__ = ["InvoiceOrder", "Prepared", "prepare"]

COLLECT = ("charge", "send", "")


@dataclass(frozen=True, slots=True)
class InvoiceOrder:
    """One invoice to write.

    ``cause`` makes it once, as "renewal:<subscription>:<period start>". ``collect`` says how it is paid:
    "charge" is for the sweep of payments, "send" asks the customer, "" asks nothing. ``tax_point`` is the day
    whose law decides the tax. Due so many days after it is issued. ``takes_pending`` adds what waits for
    this subscription, or for the customer without one. Without ``uses_store_credit`` it leaves the customer's
    store credit alone, for it is paid already.
    """

    customer_id: int
    subscription_id: int | None
    currency: str
    pieces: Sequence[Piece]
    cause: str
    collect: str = "charge"
    tax_point: date | None = None
    due_days: int = 14
    takes_pending: bool = True
    uses_store_credit: bool = True
    collect_at: datetime | None = None
    corrects_id: int | None = None

    @property
    def whose(self) -> tuple[int, int | None, str]:
        """For whose next invoice waits what does not fit on this one."""
        return self.customer_id, self.subscription_id, self.currency


@dataclass(slots=True)
class Prepared:
    """An order with its tax and its sums; ``decision`` is what is said of the whole.

    ``waited`` are the pending lines in it; ``left`` begins to wait, beside those that go on waiting.
    """

    order: InvoiceOrder
    profile: Profile
    decision: Decision
    composed: Composed
    waited: list[PendingLine]
    left: list[Piece]
    tax_point: date
    id: int = 0
    reference: str = ""
    number: str | None = None
    store_credit_minor: int = 0

    @property
    def is_paid(self) -> bool:
        """Nothing is owed: it comes to nothing, or the customer's store credit pays it."""
        return self.composed.total_minor == self.store_credit_minor


def prepare(
    order: InvoiceOrder,
    profile: Profile | Refused,
    pending: Sequence[PendingLine],
    *,
    seller: Seller,
    today: date,
) -> Prepared:
    """Decides the tax of an order and composes it; pure but for what it is handed.

    Raises `Refused` with the order's cause and customer among its facts.
    """
    try:
        if isinstance(profile, Refused):
            raise profile
        if order.collect not in COLLECT:
            raise ValueError(f"collect is one of {COLLECT}, not {order.collect!r}")
        tax_point = order.tax_point or today
        waited = [(row, as_piece(row)) for row in pending if _waits_for(row, order)]
        pieces = [*order.pieces, *(piece for _, piece in waited)]
        decisions = decide_classes(seller, profile.buyer, tax_point, {piece.tax_class for piece in pieces})
        composed = compose(pieces, currency=order.currency, decision=decisions[""], of_class=decisions)
        decision = _of_whole(composed, decisions)
    except Refused as error:
        error.facts |= {"cause": order.cause, "customer": order.customer_id}
        raise
    # A line of which nothing fitted goes on waiting as it is.
    whole = {id(piece) for piece in composed.left_over}
    rows = [row for row, piece in waited if composed.lines and id(piece) not in whole]
    before = {id(piece) for _, piece in waited}
    left = [piece for piece in composed.left_over if id(piece) not in before]
    return Prepared(order, profile, decision, composed, rows, left, tax_point)


def _of_whole(composed: Composed, decisions: Mapping[str, Decision]) -> Decision:
    """What is said of a whole invoice: the treatment that all of its charges share, if they do, and the
    sentence of each class on it."""
    classes = dict.fromkeys(line.piece.tax_class for line in composed.lines if line.piece.takes_back is None)
    if len(classes) < 2:
        return decisions[next(iter(classes), "")]
    found = [decisions[each] for each in classes]
    treatments = {each.treatment for each in found}
    return replace(
        found[0],
        treatment=found[0].treatment if len(treatments) == 1 else "",
        why=" ".join(dict.fromkeys(each.why for each in found)),
    )


def _waits_for(row: PendingLine, order: InvoiceOrder) -> bool:
    return (
        order.takes_pending
        and row.customer_id == order.customer_id
        and row.currency == order.currency
        and row.subscription_id in (None, order.subscription_id)
    )
