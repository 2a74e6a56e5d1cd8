"""Finding the payment that is to be refunded, from nothing or from its customer."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from billing.customers.models import Customer
from billing.ids import normalise
from billing.payments.models import Payment
from billing.payments.queries import method_words
from billing.refunds.queries import Refundable, refundable_many
from dashboard.lists.names import name_of
from dashboard.refunds.forms import ChooseForm
from reports.search import find

MOST = 12


def context(request: HttpRequest) -> dict[str, Any]:
    """Payments to choose from, each with what is left to refund or why there is nothing."""
    form = ChooseForm(request.GET or None)
    text = form.cleaned_data["q"].strip() if form.is_bound and form.is_valid() else ""
    customer = _customer(request.GET.get("customer", ""))
    rows = _payments(text, customer)
    left = refundable_many(rows)
    return {
        "form": form,
        "q": text,
        "customer": customer,
        "name": name_of(customer) if customer else None,
        "rows": [
            {
                "payment": payment,
                "name": name_of(payment.customer),
                "method": method_words(payment),
                "left": left[payment.pk].left,
                "refusal": _refusal(left[payment.pk]),
                "url": reverse("refunds:new", args=[payment.reference]),
            }
            for payment in rows
        ],
        "asked": bool(text or customer),
    }


def _customer(reference: str) -> Customer | None:
    if not reference:
        return None
    return Customer.objects.select_related("identity").filter(reference=normalise(reference)).first()


def _payments(text: str, customer: Customer | None) -> list[Payment]:
    """Payments that the text names, or those of the customers that it names, newest first."""
    rows: QuerySet[Payment] = Payment.objects.select_related("customer__identity")
    newest = rows.order_by("-created_at", "-pk")
    if customer is not None:
        return list(newest.filter(customer=customer)[:MOST])
    if not text:
        return []
    hits = [hit for group in find(text, lambda permission: True) for hit in group.hits]
    references = [hit.key for hit in hits if hit.noun == "payment"]
    customers = [hit.key for hit in hits if hit.noun == "customer"]
    found = list(newest.filter(reference__in=references)[:MOST])
    if len(found) < MOST and customers:
        known = {payment.pk for payment in found}
        theirs = newest.filter(customer__reference__in=customers, state="succeeded")[:MOST]
        found += [payment for payment in theirs if payment.pk not in known]
    return found[:MOST]


def _refusal(refundable: Refundable) -> str:
    return refundable.refusal.sentence if refundable.refusal else ""
