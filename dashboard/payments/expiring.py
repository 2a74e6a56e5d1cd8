"""Cards that expire this month or the next and would be charged: whose they are, and who was told."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.messages.models import Message
from billing.payments.expiring import KIND, expiring_cards
from billing.payments.queries import method_label
from dashboard.access import who_may
from dashboard.actions.related import link
from dashboard.lists.names import name_of
from dashboard.parts.entries import Notice

MOST = 200


@require_safe
@who_may("payments.view")
def expiring(request: HttpRequest) -> HttpResponse:
    """The first two hundred, those that expire first at the top; the same number of queries for any."""
    rows = expiring_cards(timezone.now().date()).select_related("customer__identity")
    methods = list(rows.order_by("exp_year", "exp_month", "pk")[: MOST + 1])
    told: dict[int, Message] = {}
    messages = Message.objects.filter(
        kind=KIND, subject_kind="paymentmethod", subject_id__in=[each.pk for each in methods]
    )
    for message in messages.order_by("created_at", "pk"):
        told[message.subject_id or 0] = message
    context = {
        "rows": [
            {
                "card": method_label(method),
                "name": name_of(method.customer),
                "customer_url": link(
                    "customers:show", method.customer.reference, request.user, "customers.view"
                ),
                "message": told.get(method.pk),
                "message_url": link("messages:show", told[method.pk].reference, request.user, "messages.view")
                if method.pk in told
                else "",
            }
            for method in methods[:MOST]
        ],
        "notices": [Notice(f"Only the first {MOST} are shown", "They expire first.", "look")]
        if len(methods) > MOST
        else [],
    }
    return render(request, "dashboard/payments/expiring.html", context)
