"""What refunds post: once when approved, once when succeeded, and the opposite of all that when they fail."""

from datetime import datetime

from billing.history.actors import Actor
from billing.ledger import rules as ledger
from billing.ledger.models import Posting
from billing.ledger.services import post, reverse
from billing.money import Money
from billing.refunds.models import Refund


def post_approved(refund: Refund, *, actor: Actor, now: datetime, at: datetime) -> None:
    draft = ledger.refund_approved(
        refund.reference,
        amount=Money(refund.amount_minor, refund.currency),
        from_balance=Money(refund.from_balance_minor, refund.currency),
    )
    post(draft, actor=actor, now=now, customer_id=refund.customer_id, subject=refund, effective_at=at)


def post_succeeded(refund: Refund, *, actor: Actor, now: datetime, at: datetime) -> None:
    draft = ledger.refund_succeeded(
        refund.reference,
        amount=Money(refund.amount_minor, refund.currency),
        destination="outside" if refund.destination == "outside" else "original_payment",
    )
    post(draft, actor=actor, now=now, customer_id=refund.customer_id, subject=refund, effective_at=at)


def take_back(refund: Refund, *, actor: Actor, now: datetime) -> None:
    """Reverses whatever this refund has posted, each posting once."""
    posted = Posting.objects.filter(
        subject_kind="refund", subject_id=refund.pk, reverses=None, reversed_by=None
    )
    for posting in posted.order_by("-id"):
        reverse(posting, cause=f"{posting.fact}.reversed:{refund.reference}", actor=actor, now=now)
