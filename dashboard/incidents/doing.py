"""What can be done about an outage: record it, credit whom it hit, withdraw it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.approvals.services import judge
from billing.credits.giving import MONEY
from billing.errors import Refused
from billing.history.actors import Actor
from billing.incidents import rules, services
from billing.incidents.finding import Found, find_hit
from billing.incidents.models import Incident
from billing.incidents.queries import Standing, credits_for_list, standing_of
from billing.incidents.telling import MESSAGE, facts_of
from billing.jobs.models import Run
from billing.messages.composing import preview
from billing.money import Money, format_money
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.letters import NAME, letter_of
from dashboard.incidents.forms import CreditForm, RecordForm, WithdrawForm
from dashboard.incidents.tables import address, length_of
from dashboard.incidents.views import incident_or_404
from dashboard.parts.entries import Effect, Letter, Notice
from dashboard.parts.formatting import grouped
from dashboard.parts.viewer import current_locale
from dashboard.staff.actors import actor_of

type Told = Sequence[Effect | Notice | Letter]


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("credits.grant")
def new(request: HttpRequest) -> HttpResponse:
    """Records an outage with whom it hit."""

    def perform(form: RecordForm, key: str) -> Incident:
        given = form.cleaned_data
        return services.record_incident(
            title=given["title"],
            meter=given["stopped"],
            tier=given["tier"],
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            reason=given["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
            form_key=key,
        )

    return act(
        request,
        template="dashboard/incidents/new.html",
        form=RecordForm,
        effects=lambda form: of_record(form.cleaned_data, actor_of(request.user), timezone.now()),
        primary=lambda form: "Record it",
        perform=perform,
        done=lambda made: Done(
            f"{made.reference} is recorded", "Nobody is credited yet.", url=address(made), go=True
        ),
        back=reverse("incidents:index"),
    )


def of_record(given: Any, actor: Actor, now: datetime) -> Told:
    """Who would get how much, and who nothing, as far as the form goes."""
    meter, starts_at, ends_at = given.get("stopped"), given.get("starts_at"), given.get("ends_at")
    if not (meter and starts_at and ends_at):
        return [
            Effect("Say what was out, and from when to when", "Then this side tells who was hit.", "plug-x")
        ]
    try:
        rules.check_outage("What was out", starts_at, ends_at, "Why", now)
        found = find_hit(meter=meter, starts_at=starts_at, ends_at=ends_at, tier=given.get("tier"))
    except Refused as refusal:
        return [Notice(refusal.sentence, "", "bad")]
    if not found.hits:
        return [
            Notice(
                "Nobody was hit",
                f"Nobody used {meter.name} then, or at that time of the week in the four weeks before.",
                "bad",
            )
        ]
    return [
        *_found(found),
        Effect("Nothing is credited yet", "The incident's page asks for that.", "player-pause"),
    ]


def _found(found: Found) -> list[Effect | Notice | Letter]:
    told: list[Effect | Notice | Letter] = [
        Effect(
            f"{_people(count)} would get {_words(total)}",
            f"Store credit in {currency}, in proportion to the time they were without it.",
            "coins",
        )
        for currency, (count, total) in sorted(found.totals.items())
    ]
    told += [
        Effect(f"{_people(count)} get{'s' if count == 1 else ''} nothing: {why}", icon="info-circle")
        for why, count in sorted(found.reasons.items())
    ]
    return told


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("credits.grant")
def credit(request: HttpRequest, reference: str) -> HttpResponse:
    """Credits whom it hit: a run for each currency, or a request for one."""
    incident = incident_or_404(reference)
    left = [each for each in standing_of(incident) if each.is_open]
    actor = actor_of(request.user)
    return act(
        request,
        template="dashboard/incidents/credit.html",
        form=CreditForm,
        effects=lambda form: of_credit(form, incident, left, actor),
        primary=lambda form: f"Credit {_people(sum(each.count - each.given for each in left))}",
        perform=lambda form, key: services.begin_credits(
            incident_id=incident.pk,
            note=form.cleaned_data["note"],
            write_to_customer=form.cleaned_data["write_to_customer"],
            actor=actor,
            now=timezone.now(),
            form_key=key,
        ),
        done=lambda runs: _begun(incident, runs),
        back=address(incident),
        context={"incident": incident, "length": length_of(incident)},
    )


def of_credit(form: Any, incident: Incident, left: list[Standing], actor: Actor) -> Told:
    """The totals, whether a second person is asked first, and the letter that goes out."""
    if not left or incident.state == "withdrawn":
        return [Notice("Nothing is left to credit for it", "", "bad")]
    told: list[Effect | Notice | Letter] = []
    for each in left:
        total = each.total - each.given_total
        verdict = judge(MONEY, total, customer_id=None, actor=actor, now=timezone.now())
        if verdict.needed:
            told.append(
                Notice(
                    f"{_words(total)} goes to a second person first",
                    f"{verdict.rule[:1].upper()}{verdict.rule[1:]}. All of it waits for one yes.",
                    "wait",
                    "shield-check",
                )
            )
    for each in left:
        people = _people(each.count - each.given)
        told.append(
            Effect(
                f"{people} get {_words(each.total - each.given_total)} in all",
                "As store credit, which pays their next invoices.",
                "coins",
            )
        )
    told.append(Effect("The books show goodwill", "Posted to each customer's balance.", "scale"))
    told.append(
        Effect("Each gets a result of its own", "One by one, in the background; nobody twice.", "checks")
    )
    return [*told, *_letter(form, incident, left[0])]


def _letter(form: Any, incident: Incident, of: Standing) -> list[Effect | Notice | Letter]:
    """The mail as the one who gets most would read it, or that none is sent."""
    if not form.cleaned_data.get(NAME):
        return [Effect("No mail is sent", "They see it on their next invoice.", "mail")]
    rows = credits_for_list().filter(incident=incident, currency=of.currency, entry=None, amount_minor__gt=0)
    first = rows.order_by("-amount_minor", "-pk").first()
    if first is None:
        return []
    amount = Money(first.amount_minor, first.currency)
    told = preview(MESSAGE, first.customer, facts_of(incident, amount, form.cleaned_data.get("note") or ""))
    return [
        Effect("One mail each, in the customer's own language", "The one who gets most reads:", "mail"),
        letter_of(told),
    ]


def _begun(incident: Incident, runs: list[Run]) -> Done:
    if any(run.state == "paused" for run in runs):
        return Done(
            f"{incident.reference} waits for a second person",
            "Nothing of that is credited before.",
            url=address(incident),
            go=True,
            tone="wait",
        )
    return Done("The credits are under way", "This page follows them.", url=address(incident), go=True)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("credits.grant")
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Says that it was recorded by mistake."""
    incident = incident_or_404(reference)
    return act(
        request,
        template="dashboard/incidents/withdraw.html",
        form=WithdrawForm,
        effects=lambda form: [
            Effect("Nobody is credited for it", "It stays on record as withdrawn.", "arrow-back-up"),
            Effect("The same outage can be recorded again", "", "plug-x"),
        ],
        primary=lambda form: "Withdraw it",
        perform=lambda form, key: services.withdraw_incident(
            incident_id=incident.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda made: Done(f"{made.reference} is withdrawn", url=address(made), go=True),
        back=address(incident),
        context={"incident": incident},
    )


def _people(count: int) -> str:
    return f"{grouped(count)} customer{'' if count == 1 else 's'}"


def _words(money: Money) -> str:
    return format_money(money, current_locale())
