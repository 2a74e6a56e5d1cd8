"""What a trial's page, a cluster's and the conversion's say."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from billing.history.queries import timeline_of
from billing.periods import add_months
from billing.subscriptions.listing import plan_of
from billing.subscriptions.trials.models import TrialCluster, TrialMark, TrialStart
from billing.subscriptions.trials.queries import SHARED, Month, conversion_by_month, marks_of, trials_in
from dashboard.actions.related import link, list_link
from dashboard.actions.timeline import Said, moments, register
from dashboard.lists.names import name_of
from dashboard.parts.entries import Fact, Moment, Notice
from dashboard.trials.tables import address

MOST = 50
MONTHS = 12
OUTCOMES = ("started", "converted", "ended", "canceled")

#: What it means that trials share this, and what follows.
MEANS = {
    "email": "One mailbox gets one trial, however it is spelled.",
    "card": "No two trials start with one card. Cards that came later show here.",
    "address": "From one network address (of IPv6 its first 64 bits) a few trials may start a day.",
    "domain": "One e-mail domain, often one company. Free providers of mail are left out.",
    "device": "The host product told one device apart from others; the desk only compares.",
}

register("trialstart", "marks_erased", lambda entry: Said("What it was known by was erased", "trash"))


def context(trial: TrialStart, user: Any) -> dict[str, Any]:
    """Everything a trial's page shows; as many queries for one mark as for many."""
    customer, subscription = trial.customer, trial.subscription
    marks = [(mark, cluster_link(mark.cluster, user)) for mark in marks_of(trial)]
    return {
        "trial": trial,
        "name": name_of(customer),
        "plan": plan_of(subscription) if subscription else "",
        "customer_url": link("customers:show", customer.reference, user, "customers.view"),
        "subscription_url": link("subscriptions:show", subscription.reference, user, "subscriptions.view")
        if subscription
        else "",
        "facts": facts(trial),
        "notices": notices([mark for mark, _ in marks]),
        "actions": [],
        "marks": marks,
        "entries": moments(timeline_of(trial)) or [Moment("Started", trial.started_at, "circle-plus")],
    }


def facts(trial: TrialStart) -> list[Fact]:
    rows = [Fact("Started", trial.started_at)]
    ends = trial.subscription.trial_ends_at if trial.subscription else None
    if ends:
        rows.append(Fact("Trial ends" if ends > timezone.now() else "Trial ended", ends))
    if trial.decided_at:
        rows.append(Fact(trial.get_state_display(), trial.decided_at))
    return rows


def notices(marks: list[TrialMark]) -> list[Notice]:
    """That somebody may be trying again under another name."""
    suspicious = [
        mark for mark in marks if mark.cluster.kind in ("card", "device") and mark.cluster.trials >= SHARED
    ]
    if not suspicious:
        return []
    return [
        Notice(
            "Another trial has the same " + " and the same ".join(_noun(mark.cluster) for mark in suspicious),
            "It may be the same person. Nothing was refused; look at the trials together.",
            "look",
            "users",
        )
    ]


def _noun(cluster: TrialCluster) -> str:
    return cluster.get_kind_display().lower()


def cluster_link(cluster: TrialCluster, user: Any) -> str:
    """Where the trials stand that share this; empty when none does."""
    return link("trials:cluster", str(cluster.pk), user, "trials.view") if cluster.trials >= SHARED else ""


def cluster_context(cluster: TrialCluster) -> dict[str, Any]:
    """Everything a cluster's page shows, in a fixed number of queries."""
    trials = list(trials_in([cluster.pk])[: MOST + 1])
    label = cluster.get_kind_display()
    return {
        "cluster": cluster,
        "heading": f"{label} {cluster.hash[:8]}",
        "means": MEANS[cluster.kind],
        "facts": [
            Fact("Trials", cluster.trials, url=list_link("trials:index", cluster=str(cluster.pk))),
            Fact(
                "Converted",
                cluster.converted,
                url=list_link("trials:index", cluster=str(cluster.pk), state="converted"),
            ),
            Fact("First trial", cluster.first_at),
            Fact("Last trial", cluster.last_at),
        ],
        "actions": [],
        "notices": [],
        "trials": [
            (
                trial,
                address(trial),
                name_of(trial.customer),
                plan_of(trial.subscription) if trial.subscription else "",
            )
            for trial in trials[:MOST]
        ],
        "all_url": list_link("trials:index", cluster=str(cluster.pk)) if len(trials) > MOST else "",
    }


def conversion_context(now: datetime) -> dict[str, Any]:
    """The trials of the last twelve months by what became of them, each figure leading to its rows."""
    zone = timezone.get_current_timezone()
    first = add_months(now.astimezone(zone).date().replace(day=1), 1 - MONTHS)
    since = timezone.make_aware(datetime.combine(first, time()), zone)
    months = conversion_by_month(since, zone)
    whole = Month(first, {state: sum(each.counts.get(state, 0) for each in months) for state in OUTCOMES})
    today = now.astimezone(zone).date()
    return {
        "months": [_row(month, add_months(month.first, 1) - timedelta(days=1)) for month in months],
        "whole": _row(whole, today) if months else None,
    }


def _row(month: Month, last: date) -> dict[str, Any]:
    span = {"started_from": month.first.isoformat(), "started_to": last.isoformat()}

    def leads(state: str = "") -> str:
        return list_link("trials:index", **span, **({"state": state} if state else {}))

    rate = month.per_mille
    return {
        "first": month.first,
        "started": (month.started, leads()),
        "outcomes": [(month.counts.get(state, 0), leads(state)) for state in OUTCOMES],
        "rate": "" if rate is None else f"{rate // 10}.{rate % 10} %",
        "won": month.converted,
        "decided": month.decided,
    }
