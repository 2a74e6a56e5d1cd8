"""What a subscription's page and its peek say: what it pays and why, its periods, and what it did to MRR."""

from typing import Any

from django.utils import timezone

from billing.catalog.models import Price
from billing.catalog.queries import newest_versions
from billing.history.queries import timeline_of
from billing.invoices.queries import invoices_for_list, open_amount
from billing.money import Money, format_money
from billing.payments.queries import gateway_name
from billing.subscriptions.changes import PendingChange
from billing.subscriptions.doing import open_change
from billing.subscriptions.listing import (
    interval_of,
    monthly_of,
    monthly_of_items,
    plan_of,
    plan_of_item,
    versions_of,
)
from billing.subscriptions.models import CollectedBy, Subscription, SubscriptionItem
from dashboard.actions.committing import term_actions
from dashboard.actions.related import link, list_link
from dashboard.actions.timeline import moments
from dashboard.lists.names import name_of
from dashboard.parts.entries import Fact, Moment, Notice
from dashboard.parts.formatting import full_day
from dashboard.parts.states import State, state_of
from dashboard.parts.viewer import current_locale
from dashboard.queues.offers import work_actions, work_notices
from dashboard.subscriptions import telling  # noqa: F401  (says how a subscription's entries read)
from dashboard.subscriptions.gateway_ends import end_notices
from dashboard.subscriptions.offers import actions_of

MOST = 12


def context(subscription: Subscription, user: Any) -> dict[str, Any]:
    """Everything the page shows; as many queries for one item and period as for many."""
    items = list(subscription.items.all())
    invoices = list(
        invoices_for_list().filter(subscription=subscription).order_by("-created_at", "-pk")[: MOST + 1]
    )
    movements = list(subscription.mrr_movements.order_by("-at", "-pk")[: MOST + 1])
    customer = subscription.customer
    planned = open_change(subscription.pk)
    return {
        "subscription": subscription,
        "plan": plan_of(subscription),
        "monthly": monthly_of(subscription),
        "name": name_of(customer),
        "customer_url": link("customers:show", customer.reference, user, "customers.view"),
        "facts": facts(subscription),
        "actions": [
            *actions_of(subscription, planned, user),
            *term_actions(subscription, user),
            *work_actions(user, "subscription", subscription.reference),
        ],
        "notices": [
            *planned_notices(subscription, planned, user),
            *end_notices(subscription),
            *notices(subscription, user),
            *work_notices("subscription", subscription.pk),
        ],
        "items": rows_of(items, subscription, user),
        "invoices": [
            (
                each,
                link("invoices:show", each.reference, user, "invoices.view"),
                _state(each),
                open_amount(each),
            )
            for each in invoices[:MOST]
        ],
        "invoices_url": list_link("invoices:index", subscription=subscription.reference),
        "movements": movements[:MOST],
        "moved": Money(sum(each.amount_minor for each in movements), subscription.currency)
        if len(movements) <= MOST
        else None,
        "entries": story(subscription, items),
    }


def _state(invoice: Any) -> State:
    from billing.invoices.queries import is_overdue

    late = is_overdue(invoice, timezone.localdate())
    return state_of("invoice", "overdue" if late else invoice.state)


def facts(subscription: Subscription) -> list[Fact]:
    rows = [Fact("Collected by", collector(subscription))]
    if subscription.current_period_start and subscription.current_period_end:
        rows.append(Fact("Period began", timezone.localtime(subscription.current_period_start).date()))
        rows.append(Fact("Period ends", timezone.localtime(subscription.current_period_end).date()))
    if subscription.trial_ends_at:
        past = subscription.trial_ends_at <= timezone.now()
        label = "Trial ended" if past else "Trial ends"
        rows.append(Fact(label, timezone.localtime(subscription.trial_ends_at).date()))
    if subscription.ended_at:
        rows.append(Fact("Ended", timezone.localtime(subscription.ended_at).date()))
    rows.append(Fact("Since", timezone.localtime(subscription.created_at).date()))
    return rows


def collector(subscription: Subscription) -> str:
    if subscription.collected_by == CollectedBy.GATEWAY:
        return f"{gateway_name(subscription.gateway)}'s billing"
    return "Our billing run"


def notices(subscription: Subscription, user: Any) -> list[Notice]:
    """What is to come of it, what is wrong with it, and where it came from."""
    said: list[Notice] = []
    ends = subscription.cancel_at or subscription.current_period_end
    if subscription.ended_at is None and (subscription.cancel_at_period_end or subscription.cancel_at):
        when = f" on {full_day(timezone.localtime(ends).date())}" if ends else ""
        said.append(
            Notice(f"It was canceled and ends{when}", "Until then it goes on as it is.", "wait", "calendar-x")
        )
    if subscription.state in ("past_due", "unpaid"):
        sentence = "Its last invoice is not paid, and it goes on for now"
        if subscription.state == "unpaid":
            sentence = "Its invoices stay unpaid, and collecting has stopped"
        unpaid = list_link("invoices:index", subscription=subscription.reference, state="open")
        said.append(Notice(sentence, "", "bad", url=unpaid, button="Open invoices" if unpaid else ""))
    if subscription.state == "paused":
        until = subscription.resumes_at
        resumes = f"It resumes on {full_day(until.date())}." if until else "Until somebody resumes it."
        said.append(Notice("It is paused: nothing is charged", resumes, "idle"))
    if subscription.usage_due_at:
        said.append(
            Notice(
                "What it used last waits to be billed",
                "A billing run bills it as soon as all of it has been reported.",
                "wait",
                "gauge",
            )
        )
    if subscription.continues:
        said.append(_related("It continues", subscription.continues, user))
    said += [_related("It is continued by", each, user) for each in subscription.continued_by.all()[:3]]
    return said


def planned_notices(subscription: Subscription, planned: PendingChange | None, user: Any) -> list[Notice]:
    """The change that waits for its next period, and the way to undo it."""
    if planned is None:
        return []
    plan = plan_of_item(SubscriptionItem(price=planned.price, quantity=planned.quantity))
    who = f"Asked for by {planned.get_asked_by_display().lower()}: {planned.reason}"
    undo = link("subscriptions:undo_change", subscription.reference, user, "subscriptions.manage")
    return [
        Notice(
            f"It changes to {plan} on {full_day(planned.applies_at.date())}",
            who.rstrip(": "),
            "wait",
            "arrows-left-right",
            url=undo,
            button="Undo" if undo else "",
        )
    ]


def _related(sentence: str, other: Subscription, user: Any) -> Notice:
    return Notice(
        f"{sentence} {other.reference}",
        f"which began on {full_day(timezone.localtime(other.created_at).date())}.",
        "idle",
        "repeat",
        url=link("subscriptions:show", other.reference, user, "subscriptions.view"),
        button="Open it",
    )


def rows_of(items: list[SubscriptionItem], subscription: Subscription, user: Any) -> list[dict[str, Any]]:
    """Each item with its price, what it is worth in a month, and why it pays that."""
    newest = newest_versions([item.price for item in items])
    return [
        {
            "item": item,
            "tier_url": link("catalog:show", item.price.tier.slug, user, "catalog.view"),
            "interval": interval_of(item.price),
            "monthly": Money(monthly_of_items([item]), subscription.currency),
            "why": why(item, newest.get(item.price_id)),
        }
        for item in items
    ]


def why(item: SubscriptionItem, newest: Price | None) -> list[Fact]:
    """Which price it pays, since when that price stands, and how the month's worth comes about."""
    price = item.price
    currency = price.currency
    each = _words(price.unit_amount_minor, currency)
    tax = "tax included" if price.tax_inclusive else "without tax"
    rows = [Fact("Price", f"{price.tier.name} v{price.version}", note=f"{each} {interval_of(price)}, {tax}")]
    if newest is None or newest.pk == price.pk:
        rows.append(Fact("Version", "the newest", note=f"since {_day(price.created_at)}"))
    else:
        now = f"v{newest.version} costs {_words(newest.unit_amount_minor, currency)} since"
        rows.append(
            Fact(
                "Version",
                "not the newest: it keeps the price it has",
                note=f"{now} {_day(newest.created_at)}",
            )
        )
    whole = price.unit_amount_minor * item.quantity
    rows.append(Fact("Each period", f"{item.quantity} × {each} = {_words(whole, currency)}"))
    if item.discount_minor:
        rows.append(Fact("Discount", f"−{_words(item.discount_minor, currency)}", note="in every period"))
    return rows


def _words(minor: int, currency: str) -> str:
    return format_money(Money(minor, currency), current_locale())


def _day(at: Any) -> str:
    return full_day(timezone.localtime(at).date())


def story(subscription: Subscription, items: list[SubscriptionItem]) -> list[Moment]:
    """What happened to the subscription and its items, newest first."""
    told = moments(timeline_of(subscription, also=items))
    return told or [Moment("First seen", subscription.created_at, "circle-plus")]


def peek_context(subscription: Subscription, user: Any) -> dict[str, Any]:
    """What stands at the side of the list about one subscription."""
    customer = subscription.customer
    pairs = [
        Fact(
            "Customer",
            name_of(customer)[0],
            url=link("customers:show", customer.reference, user, "customers.view"),
        ),
        Fact("Plan", plan_of(subscription)),
        Fact("Price", versions_of(subscription) or "none"),
        *facts(subscription),
    ]
    return {
        "subscription": subscription,
        "monthly": monthly_of(subscription),
        "pairs": pairs,
        "notices": notices(subscription, user),
        "entries": story(subscription, list(subscription.items.all()))[:6],
    }
