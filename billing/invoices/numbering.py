"""Numbers without gaps: taken last in a transaction, so that one rolled back takes none."""

from datetime import datetime

from django.db import connection
from django.db.models import F

from billing.invoices.models import CreditNote, NumberSeries

__all__ = ["DIGITS", "number_block", "number_credit_note"]

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


def number_block(series: str, count: int, now: datetime) -> tuple[str, int, datetime]:
    """Takes ``count`` numbers of the year's series in one statement: prefix, first number, date of issue.

    Whoever numbers next waits until this transaction ends, and one rolled back takes none: call it when all
    else is written. The date of issue is never before that of the last number taken.
    """
    prefix = f"{series}-{now:%Y}-"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_numberseries AS s (name, prefix, next_number) VALUES (%s, %s, %s + 1) "
            "ON CONFLICT (name) DO UPDATE SET next_number = s.next_number + %s RETURNING next_number - %s",
            [prefix.rstrip("-").lower(), prefix, count, count, count],
        )
        first = cursor.fetchone()[0]
        cursor.execute(
            "SELECT finalised_at FROM billing_invoice WHERE number = %s",
            [f"{prefix}{first - 1:0{DIGITS}d}"],
        )
        last = cursor.fetchone()
    return prefix, first, max(now, last[0]) if last and last[0] else now
