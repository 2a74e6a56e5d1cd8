"""What an outage's page says: who was hit, what they get, and how far the crediting is."""

from typing import Any

from billing.history.queries import timeline_of
from billing.incidents.models import Incident, IncidentCredit
from billing.incidents.queries import Standing, credits_for_list, standing_of
from billing.money import Money, format_money
from dashboard.actions.offers import offer
from dashboard.actions.related import link, list_link
from dashboard.actions.timeline import moments
from dashboard.incidents.tables import length, length_of
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Fact, Notice, Progress
from dashboard.parts.formatting import grouped
from dashboard.parts.viewer import current_locale
from dashboard.staff.actors import actor_of

SHOWN = 25


def context(incident: Incident, user: Any) -> dict[str, Any]:
    """Everything the page shows; the same number of queries whatever the number of customers."""
    standings = standing_of(incident)
    return {
        "incident": incident,
        "length": length_of(incident),
        "facts": facts(incident),
        "currencies": [of_currency(each, user) for each in standings],
        "rows": [row(each, user) for each in first_credits(incident)],
        "shown": SHOWN,
        "all_url": list_link("incidents:credits", incident=incident.reference),
        "total": incident.hit + incident.left_out,
        "actions": actions(incident, standings, user),
        "notices": notices(incident, standings),
        "entries": moments(timeline_of(incident)),
    }


def first_credits(incident: Incident) -> list[IncidentCredit]:
    rows = credits_for_list().filter(incident=incident)
    return list(rows.order_by("-amount_minor", "-pk")[:SHOWN])


def row(credit: IncidentCredit, user: Any) -> dict[str, Any]:
    return {
        "credit": credit,
        "name": name_of(credit.customer),
        "url": link("customers:show", credit.customer.reference, user, "customers.view"),
        "amount": Money(credit.amount_minor, credit.currency) if credit.amount_minor else None,
        "how": [how(share, credit.currency) for share in credit.shares],
        "without": length(credit.seconds) if credit.seconds else "",
    }


def how(share: dict[str, Any], currency: str) -> tuple[str, str]:
    """For what, and the sum in words: "6 h of 30 days at 99.00 EUR"."""
    price = format_money(Money(share["price_minor"], currency), current_locale())
    days, rest = divmod(share["period_seconds"], 86_400)
    period = f"{grouped(days)} days" if not rest else length(share["period_seconds"])
    return share["of"], f"{length(share['seconds'])} of {period} at {price}"


def facts(incident: Incident) -> list[Fact]:
    return [
        Fact("Began", incident.starts_at),
        Fact("Was over", incident.ends_at),
        Fact("It stopped", incident.meter.name),
        Fact("Customers on", incident.tier.name if incident.tier else "every tier"),
        Fact("Recorded by", incident.recorded_by_name),
    ]


def of_currency(standing: Standing, user: Any) -> dict[str, Any]:
    """One currency's card: its sums, its run's progress, and the request that it waits for."""
    run, approval = standing.run, standing.approval
    waits = approval is not None and approval.state == "requested"
    return {
        "standing": standing,
        "run_url": link("runs:show", str(run.pk)) if run and sees(run, user) else "",
        "progress": Progress(
            state=run.state,
            done=run.done,
            total=run.total,
            label=run.title,
            url=link("runs:progress", str(run.pk)),
            left=run.message,
            failed=run.failed,
            failed_url=f"{link('runs:show', str(run.pk))}?show=failed" if run.failed else "",
            id=f"run-{run.pk}",
        )
        if run and not waits and sees(run, user)
        else None,
        "state": run.state if run else "",
        "waits_url": link("approvals:show", approval.reference, user, "approvals.view")
        if waits and approval
        else "",
    }


def sees(run: Any, user: Any) -> bool:
    """A run's page is for whoever started it, and for those who see the system's health."""
    return run.started_by_ref == actor_of(user).ref or user.has_perm("health.view")


def actions(incident: Incident, standings: list[Standing], user: Any) -> list[Action]:
    if incident.state == "withdrawn":
        return []
    args, may = [incident.reference], "credits.grant"
    offered: list[Action] = []
    left = [each for each in standings if each.is_open]
    if left:
        many = sum(each.count - each.given for each in left)
        what = "customer" if many == 1 else "customers"
        offered += offer(
            user, f"Credit {grouped(many)} {what}…", "incidents:credit", args, permission=may, icon="coins",
            kind="primary",
        )  # fmt: skip
    if not any(each.given for each in standings):
        offered += offer(
            user, "Withdraw…", "incidents:withdraw", args, permission=may, icon="arrow-back-up", kind="quiet"
        )
    return offered


def notices(incident: Incident, standings: list[Standing]) -> list[Notice]:
    """The sentence that changes what one does."""
    if incident.state == "withdrawn":
        return [Notice("It was withdrawn", "Nothing is credited for it.", "idle", "arrow-back-up")]
    if incident.state == "recorded" and incident.hit:
        return [
            Notice(
                "Nobody is credited yet",
                "Look at who was hit, and then credit them; what was found stays as it is.",
                "wait",
            )
        ]
    if not incident.hit:
        return [Notice("Nobody gets anything for it", "The list says why for each.", "look")]
    failed = sum(each.run.failed for each in standings if each.run and each.run.state == "done")
    if failed:
        return [
            Notice(f"{grouped(failed)} could not be credited", "Their run says why, and tries again.", "bad")
        ]
    return []
