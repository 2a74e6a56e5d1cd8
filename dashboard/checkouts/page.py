"""What a checkout's page says: what is bought, whether it was paid, what came of it, and what was told."""

from typing import Any

from billing.checkouts.models import CheckoutSession
from billing.checkouts.queries import grant_of, waits_in_vain
from billing.history.queries import timeline_of
from billing.money import Money
from billing.payments.queries import gateway_name
from billing.webhooks.models import WebhookEvent
from dashboard.actions.related import link, list_link
from dashboard.actions.timeline import Said, moments, register
from dashboard.checkouts.words import bought, paid_words
from dashboard.lists.names import name_of
from dashboard.parts.entries import Fact, Moment, Notice

MOST = 10
register(
    "checkoutsession",
    "created",
    lambda entry: Said(
        f"Checkout started for {Money(entry.amount_minor, entry.currency)}"
        if entry.amount_minor is not None
        else "Checkout first heard of",
        "circle-plus",
    ),
)


def _given(entry: Any) -> Said:
    started = entry.facts.get("subscription")
    given = f"{entry.facts.get('units', 0):,} {entry.facts.get('unit', 'units')} given"
    return Said(f"{started} started" if started else given, "circle-check-filled", "ok")


register("checkoutsession", "fulfilled", _given)
register(
    "checkoutsession",
    "kept",
    lambda entry: Said(
        f"Nothing started beside {entry.facts.get('subscription', 'another')}: the money was kept",
        "alert-triangle-filled",
        "wait",
    ),
)


def context(session: CheckoutSession, user: Any) -> dict[str, Any]:
    """Everything the page shows, in a fixed number of queries."""
    customer, payment = session.customer, session.payment
    events = WebhookEvent.objects.filter(source=session.gateway, object_id=session.gateway_id)
    told = list(events.order_by("-happened_at")[:MOST]) if session.gateway_id else []
    return {
        "session": session,
        "amount": None if session.amount_minor is None else Money(session.amount_minor, session.currency),
        "name": name_of(customer) if customer else None,
        "customer_url": link("customers:show", customer.reference, user, "customers.view")
        if customer
        else "",
        "facts": facts(session, user),
        "notices": notices(session),
        "actions": [],
        "payment": payment,
        "payment_url": link("payments:show", payment.reference, user, "payments.view") if payment else "",
        "events": [(event, link("webhooks:show", str(event.pk), user, "webhooks.view")) for event in told],
        "events_url": list_link("webhooks:index", object=session.gateway_id),
        "entries": moments(timeline_of(session, also=[payment] if payment else []))
        or [Moment("First seen", session.created_at, "circle-plus")],
    }


def facts(session: CheckoutSession, user: Any) -> list[Fact]:
    found = [Fact("For", bought(session)), Fact("Paid", paid_words(session))]
    if session.price is not None and session.subscription is None:
        found.append(Fact("Given", "Nothing: the money was kept" if session.kept_at else "Nothing yet"))
    if session.package_price is not None:
        lot = grant_of(session)
        unit = session.package_price.package.unit
        given = f"{lot.amount:,} {unit}" if lot else "Nothing yet"
        url = link("credits:show", str(lot.account_id), user, "credits.view") if lot else ""
        found.append(Fact("Given", given, url=url))
    if session.invoice is not None:
        invoice = session.invoice
        found.append(
            Fact(
                "Invoice", invoice.label, url=link("invoices:show", invoice.reference, user, "invoices.view")
            )
        )
    if session.subscription is not None:
        reference = session.subscription.reference
        found.append(
            Fact(
                "Subscription",
                reference,
                url=link("subscriptions:show", reference, user, "subscriptions.view"),
            )
        )
    through = gateway_name(session.gateway)
    return [
        *found,
        Fact("Opened", session.created_at),
        Fact("Open until", session.expires_at, why=f"{through} has not told until when."),
        Fact("Gateway", through),
    ]


def notices(session: CheckoutSession) -> list[Notice]:
    """The sentence that changes what one does, where the state needs one."""
    if waits_in_vain(session):
        return [
            Notice(
                "It was paid, and what was bought could not be given",
                f"The desk tries again by itself. What stood in the way: {session.failure or 'not told'}.",
                "bad",
                "alert-triangle-filled",
            )
        ]
    if session.kept_at is not None:
        return [
            Notice(
                "The customer had a plan by the time they paid for this one",
                "Nothing was started, so that they do not pay for two. The money is in their balance and "
                "pays their next invoice; refund the payment if they want it back.",
                "wait",
                "alert-triangle-filled",
            )
        ]
    if session.state == "failed":
        why = session.failure.rstrip(".") or "The gateway refused to open a page"
        return [Notice(why, "Nothing was taken. The customer can start again.", "bad", "circle-x-filled")]
    if session.state == "expired":
        return [Notice("Nobody paid on the page before it closed", "Nothing was taken and nothing given.")]
    return []
