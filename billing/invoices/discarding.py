"""Drafts that were deleted at their gateway: the only invoices that may go."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import entry
from billing.invoices.models import Invoice
from billing.logs import add_facts, note_odd, service


@service("invoices")
@transaction.atomic
def discard_drafts(gateway: str, gateway_ids: Sequence[str], *, actor: Actor, now: datetime) -> int:
    """Deletes the drafts with these ids of a gateway's; gives how many there were.

    One that has been issued stays, whatever is told of it: that is noted as odd.
    """
    rows = Invoice.objects.select_for_update().filter(gateway=gateway, gateway_id__in=gateway_ids)
    found = list(rows.order_by("pk"))
    drafts = [row for row in found if row.state == "draft"]
    for row in found:
        if row.state != "draft":
            note_odd("invoices.issued_but_deleted", invoice=row.reference, gateway_id=row.gateway_id)
    HistoryEntry.objects.bulk_create(
        [
            entry(row, "discarded", actor=actor, now=now, from_state="draft", invoice=row.reference)
            for row in drafts
        ]
    )
    Invoice.objects.filter(pk__in=[row.pk for row in drafts]).delete()
    add_facts(discarded=len(drafts))
    return len(drafts)
