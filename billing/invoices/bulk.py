"""What is done to many invoices at once."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.errors import Conflict
from billing.history.actors import Actor
from billing.ids.references import KEY_LENGTH
from billing.invoices.telling import send_invoice
from billing.jobs.kinds import row_handler
from billing.jobs.models import RunRow

__all__ = ["SEND_MANY"]

SEND_MANY = "invoices.send"


@row_handler(SEND_MANY, subject="invoice")
def send_one(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """Writes to one invoice's customer, its PDF with it. A row that is done again writes once.

    Raises what `send_invoice` does, and `Conflict` where its customer cannot be written to.
    """
    made = send_invoice(
        invoice_id=row.subject_id, note=asked.get("note", ""), actor=actor, form_key=_key_of(row), now=now
    )
    if made.state == "canceled":
        raise Conflict("not_written_to", f"{made.why_not.rstrip('.')}. Nothing was sent.")
    return f"{made.reference} is on its way, with the PDF"


def _key_of(row: RunRow) -> str:
    """A form's key that is the row's alone, the same whenever it is done."""
    digest = hashlib.sha256(f"{SEND_MANY}:{row.run_id}:{row.pk}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:KEY_LENGTH]
