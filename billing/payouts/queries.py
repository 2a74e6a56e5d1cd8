"""Reading payouts."""

from django.db.models import QuerySet

from billing.payouts.models import Payout


def payouts_for_list() -> QuerySet[Payout]:
    """Every payout: one query."""
    return Payout.objects.all()


def payout_by_reference(reference: str) -> Payout | None:
    return payouts_for_list().filter(reference=reference).first()
