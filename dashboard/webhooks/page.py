"""What an event's page says: what it was about, what became of it, what was stored of it."""

import json
from typing import Any

from django.utils import timezone

from billing.catalog.models import Tier
from billing.customers.models import Customer
from billing.disputes.models import Dispute
from billing.invoices.models import Invoice
from billing.payments.models import Payment
from billing.payments.queries import gateway_name
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
from billing.webhooks.listing import changes_by, next_try_at, object_of, others_about
from billing.webhooks.models import WebhookEvent
from dashboard.actions.related import link, list_link
from dashboard.actions.timeline import moments
from dashboard.lists.names import name_of
from dashboard.parts.entries import Fact, Notice
from dashboard.parts.formatting import full_moment, relative
from dashboard.parts.states import state_of
from dashboard.queues.offers import work_actions, work_notices
from dashboard.webhooks.payload import tree_of
from dashboard.webhooks.tables import address, delay_words

MOST = 15
PAGES: dict[type[Any], tuple[str, str]] = {
    Payment: ("payments:show", "payments.view"),
    Refund: ("refunds:show", "refunds.view"),
    Dispute: ("disputes:show", "disputes.view"),
    Invoice: ("invoices:show", "invoices.view"),
    Subscription: ("subscriptions:show", "subscriptions.view"),
    Customer: ("customers:show", "customers.view"),
    Tier: ("catalog:show", "catalog.view"),
}


def context(event: WebhookEvent, user: Any) -> dict[str, Any]:
    """Everything the page shows; as many queries whatever the payload holds."""
    about = object_of(event)
    others = list(others_about(event)[: MOST + 1])
    body = _body(event)
    return {
        "event": event,
        "facts": facts(event, about, user),
        "actions": work_actions(user, "webhookevent", str(event.pk)),
        "notices": [*notices(event), *work_notices("webhookevent", event.pk)],
        "tree": tree_of(body),
        "raw": json.dumps(body, indent=2, ensure_ascii=False) if body else "",
        "about": about,
        "entries": moments(changes_by(event, about)),
        "others": [(other, address(other)) for other in others[:MOST]],
        "others_url": list_link("webhooks:index", object=event.object_id) if event.object_id else "",
    }


def _body(event: WebhookEvent) -> Any:
    return event.content


def facts(event: WebhookEvent, about: Any, user: Any) -> list[Fact]:
    rows = [
        Fact("State", state_of("webhook", event.state)),
        Fact("Source", gateway_name(event.source)),
        Fact("Received", event.received_at),
        Fact("Delay", delay_words(event)),
        Fact("Attempts", event.attempts),
    ]
    if event.duplicates:
        rows.append(Fact("Came again", event.duplicates, note="times"))
    if about is not None:
        target, permission = PAGES[type(about)]
        key = about.slug if isinstance(about, Tier) else about.reference
        rows.append(Fact("About", label_of(about), url=link(target, key, user, permission)))
    elif event.object_id:
        rows.append(Fact("About", None, why=f"The desk knows no {event.object_kind} {event.object_id}."))
    return rows


def label_of(about: Any) -> str:
    """The name or number that people call it by."""
    if isinstance(about, Customer):
        return name_of(about)[0]
    if isinstance(about, Invoice):
        return about.label
    return about.name if isinstance(about, Tier) else about.reference


def notices(event: WebhookEvent) -> list[Notice]:
    """What went wrong, and when it is tried again."""
    error = event.error
    if event.state == "dead":
        sentence = f"The desk gave up after {event.attempts} attempts: nobody tries it again by itself"
        return [Notice(sentence, error, "bad")]
    if event.state == "failed":
        at = next_try_at(event)
        again = f", and is tried again {relative(at, timezone.now())}, at {full_moment(at)}" if at else ""
        return [Notice(f"It failed{again}", error, "wait")]
    if event.state == "ignored":
        detail = error or "The desk has no use for events of this type; nothing was changed."
        return [Notice("It was ignored", detail, "idle", "eye-off")]
    return [Notice("It was processed, with a remark", error, "idle")] if error else []
