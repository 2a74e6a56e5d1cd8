"""The page of endpoints: what each heard, how fast it was done, what it refused, the age of its secrets."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from billing.gateways.models import SandboxEvent
from billing.webhooks.health import MOST, Endpoint, Hour, by_hour, endpoints
from billing.webhooks.listing import source_name
from billing.webhooks.models import WebhookEvent
from dashboard.actions.offers import offer
from dashboard.actions.related import list_link
from dashboard.parts.entries import Fact, Notice
from dashboard.parts.formatting import full_moment, grouped, relative
from dashboard.webhooks.tables import span_words

OLD_SECRET = timedelta(days=365)
REASONS = {
    "missing": "no signature",
    "malformed": "a signature that cannot be read",
    "too_old": "too old",
    "too_new": "from the future",
    "mismatch": "wrong signature",
    "address": "a strange address",
    "certificate": "a certificate not to be trusted",
    "secret_missing": "no secret is set here",
    "too_large": "too large",
    "not_json": "no JSON",
    "no_such_endpoint": "no such endpoint",
}


def context(user: Any, now: datetime) -> dict[str, Any]:
    """Every endpoint with its figures; as many queries however many events there are."""
    found = endpoints(now)
    heard = [each for each in found if each.last_at or each.refused or each.secrets]
    hours, cut = by_hour(now)
    return {
        "now": now,
        "cards": [card(each, now) for each in heard],
        "unused": [called(each) for each in found if each not in heard],
        "most": MOST,
        "chart": chart(hours),
        "hours": hours,
        "received": sum(each.received for each in hours),
        "wrong": sum(each.wrong for each in hours),
        "cut": cut,
        "says": says(hours),
        "actions": offer(
            user,
            "Send a test event…",
            "webhooks:test",
            permission="webhooks.test",
            refusal="" if settings.SANDBOX_WEBHOOK_SECRET else "SANDBOX_WEBHOOK_SECRET is not set.",
            icon="send",
            kind="primary",
        ),
    }


def called(endpoint: Endpoint) -> str:
    """Stripe · Stripe eu-live."""
    return f"{source_name(endpoint.source)} {endpoint.name}".strip()


def card(endpoint: Endpoint, now: datetime) -> dict[str, Any]:
    """One endpoint as its card shows it."""
    where = {"endpoint": endpoint.name} if endpoint.name else {"source": endpoint.source}
    return {
        "name": called(endpoint),
        "address": f"/webhooks/{endpoint.source}/{f'{endpoint.name}/' if endpoint.name else ''}",
        "endpoint": endpoint,
        "verdict": verdict(endpoint, now),
        "notices": notices(endpoint),
        "rate": [
            Fact("Last minute", endpoint.minute),
            Fact("Last hour", endpoint.hour),
            Fact("Last 24 hours", endpoint.day, note="or more" if endpoint.since else ""),
        ],
        "delays": [
            Fact(label, span_words(span) if span is not None else None, why="Nothing was processed of late.")
            for label, span in zip(("p50", "p95", "p99"), endpoint.delays or (None, None, None), strict=False)
        ],
        "counts": [
            ("Waiting", endpoint.waiting, list_link("webhooks:index", state="received", **where)),
            ("Failed, will retry", endpoint.failed, list_link("webhooks:index", trouble="failed", **where)),
            ("Dead", endpoint.dead, list_link("webhooks:index", trouble="dead", **where)),
            ("Came again", endpoint.duplicates, ""),
        ],
        "refused": [
            (REASONS.get(reason, reason.replace("_", " ")), times)
            for reason, times in sorted(endpoint.refused.items(), key=lambda each: -each[1])
        ],
        "pairs": pairs(endpoint, now),
        "url": list_link("webhooks:index", **where),
    }


def pairs(endpoint: Endpoint, now: datetime) -> list[Fact]:
    rows = [Fact("Last received", endpoint.last_at, why="Nothing was ever received here.")]
    if endpoint.source == "yookassa":
        return [*rows, Fact("Checked by", "the sender's address, and by asking YooKassa back")]
    noun = "Webhook ids" if endpoint.source == "paypal" else "Secrets"
    rows.append(Fact(noun, grouped(endpoint.secrets) if endpoint.secrets else "none set"))
    if endpoint.secrets:
        since = endpoint.secrets_since
        age = span_words(now - since) if since else None
        rows.append(Fact("Age of the newest", age, why="WEBHOOK_SECRETS_SINCE does not say when it was set."))
    return rows


def verdict(endpoint: Endpoint, now: datetime) -> tuple[str, str, str]:
    """Tone, icon and words."""
    if endpoint.source != "yookassa" and not endpoint.secrets:
        return "bad", "circle-x-filled", "Refuses everything"
    if endpoint.dead:
        return "bad", "circle-x-filled", "Events are dead"
    quiet = timedelta(minutes=settings.WEBHOOK_QUIET_MINUTES)
    if endpoint.last_at is None:
        return "idle", "circle-dashed", "Heard nothing yet"
    if endpoint.failed:
        return "wait", "alert-triangle-filled", "Events wait for another try"
    if now - endpoint.last_at > quiet:
        return "idle", "clock-pause", f"Quiet since {relative(endpoint.last_at, now).removesuffix(' ago')}"
    return "ok", "circle-check-filled", "Hears and does"


def notices(endpoint: Endpoint) -> list[Notice]:
    """What a person should do something about."""
    found = []
    if endpoint.source != "yookassa" and not endpoint.secrets:
        detail = "Nothing can be checked, so each message is answered 503 and sent again by the gateway."
        found.append(Notice("No secret is set for this endpoint", detail, "bad"))
    if not endpoint.declared:
        found.append(
            Notice("This endpoint is no longer declared", "What is sent to it is answered 404.", "wait")
        )
    return found


def chart(hours: list[Hour]) -> dict[str, Any]:
    """Bars of what came by the hour; what has gone wrong of it stands at the foot."""
    x = [f"{timezone.localtime(each.begins):%H:%M}" for each in hours]
    line = {"width": 1, "color": "token:surface"}
    return {
        "data": [
            {
                "type": "bar", "name": "Gone wrong", "x": x, "y": [each.wrong for each in hours],
                "marker": {"color": "token:c-churn", "line": line}, "hovertemplate": "%{y:,}",
            },
            {
                "type": "bar", "name": "Others", "x": x, "y": [each.received - each.wrong for each in hours],
                "marker": {"color": "token:c-one", "line": line}, "hovertemplate": "%{y:,}",
            },
        ],
        "layout": {
            "barmode": "stack",
            "xaxis": {"type": "category", "nticks": 8},
            "yaxis": {"rangemode": "tozero", "nticks": 4, "tickformat": ",d"},
        },
    }  # fmt: skip


def says(hours: list[Hour]) -> str:
    """The chart in words."""
    total, wrong = sum(each.received for each in hours), sum(each.wrong for each in hours)
    most = max(hours, key=lambda each: each.received)
    busiest = (
        f" Most in the hour from {timezone.localtime(most.begins):%H:%M}: {most.received:,}." if total else ""
    )
    return (
        f"Events received by the hour, over 24 hours: {total:,}, of which {wrong:,} have gone wrong.{busiest}"
    )


def watched(event_id: str, now: datetime) -> dict[str, Any]:
    """How far a test event has come: owed, delivered, received, processed. Two queries."""
    owed = SandboxEvent.objects.filter(pk=event_id).first()
    event = WebhookEvent.objects.filter(source="sandbox", event_id=event_id).first()
    over = event is not None and event.state in ("processed", "ignored", "dead", "failed")
    return {
        "event_id": event_id,
        "known": owed is not None,
        "steps": [] if owed is None else _steps(owed, event),
        "event": event,
        "event_url": reverse("webhooks:show", args=[event.pk]) if event else "",
        "over": over,
        "took": span_words(event.processed_at - event.received_at) if event and event.processed_at else "",
        "slow": owed is not None and not over and now - owed.due_at > timedelta(seconds=30),
    }


def _steps(owed: SandboxEvent, event: WebhookEvent | None) -> list[tuple[str, str, str]]:
    """(what, words, tone) of each step."""
    sent = "move"
    told = "Waits for the worker to send it"
    if owed.delivered_at:
        sent, told = "ok", f"Delivered {full_moment(timezone.localtime(owed.delivered_at))}"
    elif owed.attempts:
        sent, told = "wait", f"Not taken at {grouped(owed.attempts)} tries; it is sent again by itself"
    state = event.state if event else ""
    tone = {"processed": "ok", "ignored": "ok", "dead": "bad", "failed": "wait"}.get(state, "move")
    done = {
        "processed": "Done; the books knew it already",
        "ignored": "Taken in and put aside, as a test should be",
    }
    return [
        ("Written down by the sandbox", "Signed when it is sent", "ok"),
        ("Sent to this desk over HTTP", told, sent),
        ("Received and stored", "Yes, once" if event else "Not yet", "ok" if event else "idle"),
        (
            "Processed",
            done.get(state, event.error if event and event.error else "Not yet"),
            tone if event else "idle",
        ),
    ]
