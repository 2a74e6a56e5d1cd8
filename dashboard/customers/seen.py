"""What the customer sees of their account: their plan, what they paid and owe, and what went back.

Nothing here is for the desk: no note for us, no name of who did it, no state that only we know.
"""

from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from django.conf import settings
from django.utils import timezone

from billing.customers.models import Customer
from billing.invoices.models import Invoice
from billing.money import Money, format_localized
from billing.money.formatting import find_locale
from billing.payments.models import Payment, PaymentMethod
from billing.payments.queries import method_words
from billing.refunds.models import Refund
from billing.subscriptions.listing import plan_of, subscriptions_for_list
from billing.subscriptions.models import Subscription
from billing.subscriptions.rules import BILLABLE, TERMINAL
from dashboard.customers.methods import means_of
from dashboard.lists.names import name_of

MOST = 12

#: Our states in the words of the person who pays; what is not here is not shown to them.
INVOICE_WORDS = {"open": "To pay", "paid": "Paid", "void": "Cancelled", "uncollectible": "To pay"}
PAYMENT_WORDS = {
    "pending": "Under way",
    "authorized": "Under way",
    "requires_action": "Needs your confirmation",
    "succeeded": "Paid",
    "failed": "Declined",
    "unknown": "Being checked",
    "reversed": "Taken back by your bank",
}
REFUND_WORDS = {
    "approved": "On its way",
    "submitting": "On its way",
    "pending": "On its way",
    "requires_action": "Needs your bank details",
    "succeeded": "Refunded",
    "failed": "Could not be delivered",
}
PLAN_WORDS = {
    "incomplete": "Waits for the first payment",
    "trialing": "In trial",
    "active": "Active",
    "past_due": "Payment overdue",
    "unpaid": "Payment overdue",
    "paused": "Paused",
}


def context(customer: Customer) -> dict[str, Any]:
    """Everything the preview shows, each amount and day in the notation of the customer's locale."""
    locale = customer.locale or "en"
    return {
        "customer": customer,
        "name": name_of(customer),
        "identity": getattr(customer, "identity", None),
        "company": settings.COMPANY_NAME,
        "language": locale.replace("_", "-"),
        "locale_name": find_locale(locale).get_display_name("en"),
        "plans": [_plan(each, locale) for each in _running(customer)],
        "invoices": _invoices(customer, locale),
        "payments": _payments(customer, locale),
        "refunds": _refunds(customer, locale),
        "methods": [
            means_of(each, timezone.localdate())
            for each in PaymentMethod.objects.filter(customer=customer, detached_at=None).order_by(
                "-is_default", "-pk"
            )[:MOST]
        ],
    }


def day_in(at: datetime | date | None, locale: str) -> str:
    """1. Dez. 2026 for de; empty when there is no such day."""
    if at is None:
        return ""
    on = timezone.localtime(at).date() if isinstance(at, datetime) else at
    return format_date(on, "medium", locale=find_locale(locale))


def _running(customer: Customer) -> list[Subscription]:
    rows = subscriptions_for_list().filter(customer=customer).exclude(state__in=TERMINAL)
    return list(rows.order_by("-created_at", "-pk")[:MOST])


def _plan(subscription: Subscription, locale: str) -> dict[str, str]:
    ends = subscription.cancel_at_period_end or subscription.cancel_at
    costs = any(item.price.unit_amount_minor for item in subscription.items.all())
    renews = subscription.state in BILLABLE and not ends and costs
    return {
        "plan": plan_of(subscription),
        "state": PLAN_WORDS.get(subscription.state, ""),
        "next": day_in(subscription.current_period_end, locale) if renews else "",
        "ends": day_in(subscription.cancel_at or subscription.current_period_end, locale) if ends else "",
        "price": " + ".join(
            format_localized(Money(item.price.unit_amount_minor * item.quantity, item.price.currency), locale)
            for item in subscription.items.all()
        ),
    }


def _invoices(customer: Customer, locale: str) -> list[dict[str, str]]:
    rows = Invoice.objects.filter(customer=customer, state__in=INVOICE_WORDS)
    return [
        {
            "label": each.label,
            "day": day_in(each.finalised_at or each.created_at, locale),
            "due": day_in(each.due_on, locale) if each.state == "open" else "",
            "state": INVOICE_WORDS[each.state],
            "amount": format_localized(Money(each.total_minor, each.currency), locale),
        }
        for each in rows.order_by("-created_at", "-pk")[:MOST]
    ]


def _payments(customer: Customer, locale: str) -> list[dict[str, str]]:
    rows = Payment.objects.filter(customer=customer, state__in=PAYMENT_WORDS)
    return [
        {
            "day": day_in(each.created_at, locale),
            "method": method_words(each),
            "state": PAYMENT_WORDS[each.state],
            "amount": format_localized(Money(each.amount_minor, each.currency), locale),
        }
        for each in rows.order_by("-created_at", "-pk")[:MOST]
    ]


def _refunds(customer: Customer, locale: str) -> list[dict[str, str]]:
    rows = Refund.objects.filter(customer=customer, state__in=REFUND_WORDS).select_related("payment")
    return [
        {
            "day": day_in(each.created_at, locale),
            "method": method_words(each.payment),
            "state": REFUND_WORDS[each.state],
            "amount": format_localized(Money(each.amount_minor, each.currency), locale),
            "note": each.note_to_customer,
        }
        for each in rows.order_by("-created_at", "-pk")[:MOST]
    ]
