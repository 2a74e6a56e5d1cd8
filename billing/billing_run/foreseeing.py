"""What billing up to a moment would bring to one subscription, period after period. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from billing.invoices.composing import Composed, Piece, compose
from billing.subscriptions.plans import Facts
from billing.subscriptions.renewing_rules import Renewal, TrialEnd, is_due, renew
from billing.tax.rules import Buyer, Seller, decide_classes

__all__ = ["Foreseen", "after", "foresee"]

#: More periods than a run can owe: a daily subscription for three years.
MOST = 1_100


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One renewal to come, and its invoice; None where it bills nothing."""

    renewal: Renewal
    invoice: Composed | None


def foresee(
    facts: Facts,
    until: datetime,
    *,
    seller: Seller,
    buyer: Buyer,
    waiting: Sequence[Piece] = (),
    trial_end: TrialEnd = "convert",
) -> Iterator[Foreseen]:
    """Every renewal of one subscription that is due by ``until``, in order.

    ``waiting`` are the pieces that the next invoice takes. What does not fit on one waits for the one after.
    Raises `Refused` where an invoice could not be written.
    """
    left = tuple(waiting)
    for _ in range(MOST):
        if not is_due(facts, until):
            return
        renewal = renew(facts, trial_end=trial_end)
        pieces = (*renewal.pieces, *left)
        invoice = None
        if renewal.pieces or any(piece.amount_minor > 0 for piece in left):
            classes = {piece.tax_class for piece in pieces}
            decisions = decide_classes(seller, buyer, renewal.at.date(), classes)
            invoice = compose(pieces, currency=facts.currency, decision=decisions[""], of_class=decisions)
            left = invoice.left_over
        yield Foreseen(renewal, invoice)
        facts = after(facts, renewal)


def after(facts: Facts, renewal: Renewal) -> Facts:
    """The facts as they stand once the renewal is written."""
    return replace(
        facts.with_main(renewal.item),
        state=renewal.state,
        anchor_at=renewal.anchor_at,
        period=renewal.period,
        planned=None if renewal.planned_id else facts.planned,
    )
