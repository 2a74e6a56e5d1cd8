"""What the desk does to answer a dispute: the answer itself is given in the gateway's own dashboard."""

from datetime import datetime

from django.db import transaction

from billing.disputes.models import Dispute
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import record
from billing.logs import add_facts, service

PREPARED = "evidence_prepared"
TAKEN_OUT = "evidence_exported"
LONGEST = 2_000
ANSWERABLE = ("warning", "needs_response")


@service("disputes")
def mark_prepared(*, dispute_id: int, note: str, actor: Actor, now: datetime) -> HistoryEntry:
    """Notes that the evidence is ready, and where it is; once for the same note.

    Raises `InvalidInput` on "note", `Conflict` once there is nothing left to answer.
    """
    note = note.strip()
    if not note:
        raise InvalidInput(
            "note_missing", "Note: say what was prepared and where it can be found.", field="note"
        )
    if len(note) > LONGEST:
        raise InvalidInput(
            "note_too_long", f"Note: {len(note):,} characters; shorten it to {LONGEST:,}.", field="note"
        )
    with transaction.atomic():
        dispute = Dispute.objects.select_for_update().filter(pk=dispute_id).first()
        if dispute is None:
            raise Missing("dispute_unknown", "This dispute does not exist.")
        if dispute.state not in ANSWERABLE:
            raise Conflict(
                "nothing_to_answer",
                f"{dispute.reference} is {dispute.get_state_display().lower()} by now; there is nothing to "
                "answer. Reload the page to see what happened.",
            )
        latest = prepared(dispute)
        if latest is not None and latest.reason == note:
            return latest
        add_facts(dispute=dispute.reference)
        return record(dispute, PREPARED, actor=actor, now=now, reason=note)


@service("disputes")
def note_exported(*, dispute: Dispute, size: int, actor: Actor, now: datetime) -> None:
    """Notes that somebody took the packet, with what it knows of the customer, out of the desk."""
    record(dispute, TAKEN_OUT, actor=actor, now=now, bytes=size)
    add_facts(dispute=dispute.reference)


def prepared(dispute: Dispute) -> HistoryEntry | None:
    """The latest note that the evidence is ready; None while nobody has said so."""
    entries = HistoryEntry.objects.filter(subject_kind="dispute", subject_id=dispute.pk, kind=PREPARED)
    return entries.order_by("-at", "-id").first()
