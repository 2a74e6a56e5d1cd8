"""Telling the desk of what was paid on a page of ours and brought nothing."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from billing.checkouts.models import CheckoutSession, CheckoutState
from billing.credits.models import CreditAccount, CreditUnit
from billing.logs import add_facts, service
from billing.money import Money
from billing.notifications.services import close_others, open_alert

__all__ = ["ALERT", "in_vain", "tell_the_desk"]

ALERT = "checkouts.paid_in_vain"
MOST = 100


def in_vain() -> QuerySet[CheckoutSession]:
    """Sessions of ours that were paid and brought nothing: what cannot be given yet, and money that was kept
    because its customer had a plan by then, until it was given back or spent."""
    spendable = CreditAccount.objects.filter(
        customer=OuterRef("customer"), unit=CreditUnit.MONEY, currency=OuterRef("currency"), balance__gt=0
    )
    paid = CheckoutSession.objects.filter(
        state=CheckoutState.COMPLETE, key__isnull=False, fulfilled_at=None, payment__state="succeeded"
    )
    kept = paid.filter(Exists(spendable), kept_at__isnull=False, payment__refunds__isnull=True)
    return paid.filter(kept_at=None) | kept


@service("checkouts")
def tell_the_desk(*, now: datetime) -> int:
    """One alert for each, closed when its reason is gone; how many there are."""
    found = list(in_vain().select_related("customer").order_by("pk")[:MOST])
    for session in found:
        open_alert(
            kind=ALERT,
            key=session.reference,
            sentence=_sentence(session),
            now=now,
            facts={"checkout": session.reference, "why": session.failure},
        )
    close_others(kind=ALERT, keys={each.reference for each in found}, now=now)
    add_facts(in_vain=len(found))
    return len(found)


def _sentence(session: CheckoutSession) -> str:
    money = Money(session.amount_minor or 0, session.currency)
    who = session.customer.reference if session.customer else "a customer"
    if session.kept_at is not None:
        return (
            f"{session.reference}: {who} paid {money} for a plan while having one already. Nothing was "
            "started; the money is in their balance and pays their next invoice. Refund it if they want it."
        )
    return (
        f"{session.reference}: {who} paid {money}, and what was bought cannot be given: "
        f"{session.failure or 'not told why'}."
    )
