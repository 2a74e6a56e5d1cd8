"""Numbers without gaps: taken last in a transaction, so that one rolled back takes none."""

from datetime import datetime

from django.db.models import F

from billing.invoices.models import CreditNote, NumberSeries

__all__ = ["number_credit_note"]

DIGITS = 6


def number_credit_note(note: CreditNote, *, now: datetime) -> None:
    """Gives the note the next number of its year, and the moment of its issue, never before the last one's.

    Whoever numbers next waits until this transaction ends: call it when all else is written.
    """
    prefix = f"CN-{now:%Y}-"
    NumberSeries.objects.get_or_create(name=prefix.rstrip("-").lower(), defaults={"prefix": prefix})
    series = NumberSeries.objects.select_for_update().get(prefix=prefix)
    last = CreditNote.objects.filter(number=f"{prefix}{series.next_number - 1:0{DIGITS}d}").first()
    note.number = f"{prefix}{series.next_number:0{DIGITS}d}"
    note.issued_at = max(now, last.issued_at) if last else now
    note.save(update_fields=["number", "issued_at"])
    NumberSeries.objects.filter(pk=series.pk).update(next_number=F("next_number") + 1)
