"""The notes that stand on a customer's page, with the form that adds one."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from billing.customers.models import Customer
from billing.ids import form_key
from dashboard.access import may
from dashboard.customers.forms import NoteForm

FEW, MANY = 3, 50


def notes_card(
    customer: Customer,
    user: Any,
    *,
    whole: bool = False,
    form: NoteForm | None = None,
    key: str = "",
    before: int | None = None,
) -> dict[str, Any]:
    """The newest notes and the form; `whole` shows a page of them, from one note on with `before`."""
    size = MANY if whole else FEW
    rows = customer.notes.order_by("-created_at", "-pk")
    if before is not None and (last := rows.filter(pk=before).first()):
        rows = rows.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    found = list(rows[: size + 1])
    here = reverse("customers:show", args=[customer.reference])
    return {
        "rows": found[:size],
        "whole": whole,
        "all_url": f"{here}?tab=notes",
        "earlier_url": f"{here}?tab=notes&notes_before={found[size - 1].pk}" if len(found) > size else "",
        "url": reverse("customers:note", args=[customer.reference]),
        "form": form if form is not None else NoteForm(auto_id="note_%s"),
        "form_key": key or form_key(),
        "may": may(user, "customers.note"),
    }
