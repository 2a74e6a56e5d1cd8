"""What a payout's page says: how much goes where and when, what is posted, and what the gateway told."""

from typing import Any

from billing.history.queries import timeline_of
from billing.ledger.models import Posting
from billing.payments.queries import gateway_name
from billing.payouts.models import Payout
from billing.webhooks.models import WebhookEvent
from dashboard.actions.related import booked, link, list_link
from dashboard.actions.timeline import moments
from dashboard.parts.entries import Fact, Moment, Notice

MOST = 10


def context(payout: Payout) -> dict[str, Any]:
    """Everything the page shows, in a fixed number of queries."""
    events = WebhookEvent.objects.filter(source=payout.gateway, object_id=payout.gateway_id)
    return {
        "payout": payout,
        "facts": facts(payout),
        "notices": notices(payout),
        "actions": [],
        "events": [
            (event, link("webhooks:show", str(event.pk))) for event in events.order_by("-happened_at")[:MOST]
        ],
        "events_url": list_link("webhooks:index", object=payout.gateway_id),
        "postings": booked(Posting.objects.filter(subject_kind="payout", subject_id=payout.pk)),
        "ledger_of": "what has arrived at the bank, and what came back",
        "entries": moments(timeline_of(payout)) or [Moment("First seen", payout.created_at, "circle-plus")],
    }


def facts(payout: Payout) -> list[Fact]:
    through = gateway_name(payout.gateway)
    how = "By itself" if payout.is_automatic else "By hand"
    made_of = "Told" if payout.is_reconciled else "Not told yet"
    return [
        Fact("Gateway", through),
        Fact("Arrives", payout.arrival_on, why=f"{through} has not told a day."),
        Fact("Started", how, note="instant" if payout.is_instant else ""),
        Fact("Its movements", made_of),
        Fact("Created", payout.created_at),
    ]


def notices(payout: Payout) -> list[Notice]:
    """The sentence that changes what one does, where the state needs one."""
    if payout.state != "failed":
        return []
    through = gateway_name(payout.gateway)
    where = f"The money is in the balance at {through} again. Correct the bank account there."
    said = payout.failure_message.rstrip(".")
    return [Notice(said or "The bank did not take it", where, "bad", "alert-triangle-filled")]
