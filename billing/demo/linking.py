"""Payment links for invoices that are open at the end: one to pay on, one that was revoked."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from billing.errors import Refused
from billing.history.actors import Actor
from billing.ids import form_key
from billing.invoices.models import Invoice
from billing.payments.links import create_link
from billing.payments.models import PaymentLink
from billing.payments.paying import revoke_link

__all__ = ["make_links"]

MOST = 3
APART = timedelta(hours=3)


def make_links(people: Sequence[Actor], *, now: datetime) -> int:
    """Links to pay the newest open invoices of ours, all issued before the first link; says how many."""
    if not people:
        return 0
    made: list[PaymentLink] = []
    first = now - APART * MOST
    rows = Invoice.objects.filter(state="open", gateway="", finalised_at__lt=first)
    for place, invoice in enumerate(rows.order_by("-finalised_at", "-pk")[: 4 * MOST]):
        if len(made) == MOST:
            break
        at = first + APART * len(made)
        try:
            made.append(
                create_link(
                    invoice_id=invoice.pk,
                    days=14,
                    actor=people[place % len(people)],
                    form_key=form_key(),
                    now=at,
                )
            )
        except Refused:  # quiet: nothing is owed on it any more, and the next one has its turn
            continue
    if len(made) == MOST:
        wrong = "Went to the wrong person."
        revoke_link(
            link_id=made[0].pk, reason=wrong, actor=people[0], now=made[0].created_at + timedelta(hours=1)
        )
    return len(made)
