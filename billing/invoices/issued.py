"""The rows of invoices that are written many at once: lines, history and the invoices themselves."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from billing.copying import Json, copy_rows
from billing.history import context
from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.invoices.line_text import with_text
from billing.invoices.models import Invoice, InvoiceLine
from billing.invoices.orders import Prepared

__all__ = ["invoice_values", "line_rows", "write_history", "write_invoice_rows", "write_lines"]

LINE = (
    "invoice_id", "position", "description", "quantity", "unit_amount_minor", "net_minor", "tax_rate",
    "tax_minor", "period_start", "period_end", "price_id", "is_proration", "kind", "treatment", "why",
    "takes_back_id", "takes_back_number", "item_id", "gateway_id",
)  # fmt: skip
INVOICE = (
    "id", "reference", "number", "foreign_number", "customer_id", "subscription_id", "state", "currency",
    "net_minor", "tax_minor", "total_minor", "bill_to", "seller", "evidence", "cause", "tax_point",
    "tax_country", "treatment", "tax_why", "corrects_id", "created_at", "collect_at", "finalised_at",
    "due_on", "paid_at", "outside_reference", "gateway", "gateway_id",
)  # fmt: skip
HISTORY = (
    "at", "subject_kind", "subject_id", "customer_id", "kind", "from_state", "to_state", "amount_minor",
    "currency", "actor_kind", "actor_ref", "actor_name", "reason", "request_id", "facts",
)  # fmt: skip
PRORATED = frozenset({"proration_charge", "proration_credit"})


def write_lines(prepared: Sequence[Prepared]) -> None:
    """Their lines; the invoices come after them in the same transaction, at whose end keys are checked."""
    rows = (row for one in prepared for row in line_rows(one))
    copy_rows(InvoiceLine, LINE, ([row[column] for column in LINE] for row in rows))


def line_rows(one: Prepared) -> Iterator[dict[str, Any]]:
    """The columns of each line, in their order."""
    locale = str(one.profile.bill_to.get("locale", ""))
    for position, line in enumerate(one.composed.lines, 1):
        piece = line.piece
        back, period = piece.takes_back, piece.period
        yield {
            "invoice_id": one.id,
            "position": position,
            "description": piece.description,
            "quantity": piece.quantity,
            "unit_amount_minor": piece.unit_amount_minor,
            "net_minor": line.net_minor,
            "tax_rate": line.tax_rate,
            "tax_minor": line.tax_minor,
            "period_start": period.start if period else None,
            "period_end": period.end if period else None,
            "price_id": piece.price_id,
            "is_proration": piece.kind in PRORATED,
            "kind": piece.kind,
            "treatment": line.treatment,
            "why": with_text(line.why, locale),
            "takes_back_id": back.line_id if back else None,
            "takes_back_number": back.invoice_number if back else "",
            "item_id": piece.item_id,
            "gateway_id": "",
        }


def write_history(prepared: Sequence[Prepared], *, actor: Actor, now: datetime, finalise: bool) -> None:
    """That each was made, and that those which nobody owes are paid."""
    acting = context.current()
    request_id = acting.request_id if acting else ""

    def row(one: Prepared, from_state: str, to_state: str, reason: str, **facts: Any) -> tuple[Any, ...]:
        return (
            now, "invoice", one.id, one.order.customer_id, "state", from_state, to_state,
            one.composed.total_minor, one.order.currency, actor.kind, actor.ref, actor.name, reason,
            request_id, facts,
        )  # fmt: skip

    rows = []
    for one in prepared:
        rows.append(row(one, "", "open" if finalise else "draft", "", cause=one.order.cause))
        if finalise and one.is_paid:
            why = "Paid by store credit" if one.store_credit_minor else "Nothing is owed"
            rows.append(row(one, "open", "paid", why, store_credit_minor=one.store_credit_minor))
    copy_rows(HistoryEntry, HISTORY, rows)


def write_invoice_rows(
    prepared: Sequence[Prepared], seller: dict[str, Any], *, now: datetime, issued_at: datetime | None
) -> list[Invoice]:
    """The invoices, under their numbers where ``issued_at`` is given, else as drafts."""
    written, rows = [], []
    # The seller is the same on all of them: told as JSON once.
    as_json = Json(json.dumps(seller))
    for one in prepared:
        values = invoice_values(one, seller, issued_at=issued_at) | {"id": one.id, "created_at": now}
        invoice = Invoice(**values)
        invoice._state.adding, invoice._state.db = False, DEFAULT_DB_ALIAS
        written.append(invoice)
        values["seller"] = as_json
        rows.append([values.get(column, "") for column in INVOICE])
    copy_rows(Invoice, INVOICE, rows)
    return written


def invoice_values(one: Prepared, seller: dict[str, Any], *, issued_at: datetime | None) -> dict[str, Any]:
    """The columns of an invoice that follow from what was prepared."""
    order, composed = one.order, one.composed
    state = "draft"
    if issued_at is not None:
        state = "paid" if one.is_paid else "open"
    collect_at = None
    if order.collect == "charge" and state != "paid":
        collect_at = order.collect_at or issued_at
    issued_on = (issued_at.date() if issued_at else None) or one.tax_point
    return {
        "reference": one.reference,
        "number": one.number,
        "customer_id": order.customer_id,
        "subscription_id": order.subscription_id,
        "state": state,
        "currency": order.currency,
        "net_minor": composed.net_minor,
        "tax_minor": composed.tax_minor,
        "total_minor": composed.total_minor,
        "bill_to": one.profile.bill_to,
        "seller": seller,
        "evidence": one.profile.evidence,
        "cause": order.cause,
        "tax_point": one.tax_point,
        "tax_country": one.decision.country,
        "treatment": one.decision.treatment,
        "tax_why": one.decision.why[:300],
        "corrects_id": order.corrects_id,
        "collect_at": collect_at,
        "finalised_at": issued_at,
        "due_on": issued_on + timedelta(days=order.due_days),
        "paid_at": issued_at if state == "paid" else None,
    }
