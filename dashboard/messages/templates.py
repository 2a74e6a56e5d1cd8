"""The texts: every kind in every language, one text with a preview, and its versions."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.customers.models import Customer
from billing.errors import Refused
from billing.messages import rules, services, shipped, templates
from billing.messages.composing import compose
from billing.messages.kinds import KINDS, MEANINGS, Kind
from billing.messages.models import MessageTemplate
from billing.messages.templates import Text
from billing.messages.words import Credits, Note, Value
from billing.money import Money
from dashboard.access import may, who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.letters import language_name, letter_of
from dashboard.messages.differences import lines_of
from dashboard.messages.forms import TemplateForm
from dashboard.parts.entries import Effect, Letter, Notice
from dashboard.staff.actors import actor_of


@require_safe
@who_may("messages.view")
def index(request: HttpRequest) -> HttpResponse:
    """Every kind with its languages, and which of them were edited; one query for the edits."""
    edited: dict[tuple[str, str], int] = {}
    for kind, language, version in MessageTemplate.objects.order_by("version").values_list(
        "kind", "language", "version"
    ):
        edited[kind, language] = version
    languages = templates.languages()
    can = may(request.user, "messages.edit_templates")
    blocks = [
        {
            "kind": kind,
            "rows": [
                {
                    "language": language_name(code),
                    "version": edited.get((kind.name, code), 0),
                    "shipped": kind.name in shipped.TEXTS.get(code, {}),
                    "edit_url": reverse("messages:template", args=[kind.name, code]) if can else "",
                    "versions_url": reverse("messages:versions", args=[kind.name, code]),
                }
                for code in languages
                if (kind.name, code) in edited or kind.name in shipped.TEXTS.get(code, {})
            ],
        }
        for kind in KINDS.values()
    ]
    return render(request, "dashboard/messages/templates.html", {"blocks": blocks, "can": can})


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("messages.edit_templates")
def update(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """Edits a text; a language that has none begins with the English."""
    declared = _kind(kind, language)
    held = templates.current(kind, language)
    text = held or templates.text_for(kind, "")
    sample = _sample(request.GET.get("customer", ""), language)

    def effects(form: TemplateForm) -> list[Effect | Notice | Letter]:
        return _preview(form, declared, language)

    return act(
        request,
        template="dashboard/messages/template.html",
        form=lambda data: TemplateForm(data, text=text, based_on=held.version if held else 0, sample=sample),
        effects=effects,
        primary=lambda form: "Use this text",
        perform=lambda form, key: services.edit(
            kind=kind,
            language=language,
            subject=form.cleaned_data["subject"],
            body=form.cleaned_data["body"],
            reason=form.cleaned_data["reason"],
            based_on=form.cleaned_data["based_on"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda made: Done(
            f"{declared.label} in {language_name(language)} is at version {made.version}",
            url=reverse("messages:versions", args=[kind, language]),
            go=True,
        ),
        back=reverse("messages:versions", args=[kind, language]),
        context={
            "kind": declared,
            "language": language_name(language),
            "placeholders": [(f"{{{name}}}", MEANINGS[name]) for name in declared.placeholders],
        },
    )


@require_safe
@who_may("messages.view")
def history(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """What holds, and every version with what it changed."""
    declared = _kind(kind, language)
    held = templates.current(kind, language)
    if held is None:
        raise Http404(f"There is no text for {declared.label} in {language}.")
    found = templates.versions(kind, language)
    before: list[Any] = [*found[1:], templates.shipped_text(kind, language)]
    steps = [
        {"version": each, "lines": lines_of(older, each)} for each, older in zip(found, before, strict=False)
    ]
    return render(
        request,
        "dashboard/messages/versions.html",
        {
            "kind": declared,
            "language": language_name(language),
            "code": language,
            "held": held,
            "raw": Letter(held.subject, tuple(held.body.split("\n\n")), language),
            "steps": steps,
            "shipped": templates.shipped_text(kind, language),
            "edit_url": reverse("messages:template", args=[kind, language])
            if may(request.user, "messages.edit_templates")
            else "",
        },
    )


def _kind(kind: str, language: str) -> Kind:
    if kind not in KINDS or not rules.LANGUAGE.fullmatch(language):
        raise Http404(f"There is no text {kind} in {language}.")
    return KINDS[kind]


def _sample(reference: str, language: str) -> Customer | None:
    """A customer to try a text on: the latest who reads the language, else the latest."""
    people = Customer.objects.filter(identity__isnull=False).select_related("identity")
    latest = list(people.order_by("-created_at", "-pk")[:200])
    fitting = [each for each in latest if each.locale.replace("_", "-").startswith(language)]
    return next(iter(fitting or latest), None)


def _preview(form: TemplateForm, kind: Kind, language: str) -> list[Effect | Notice | Letter]:
    """The text as the sample would get it, as far as it can be read."""
    customer = form.customer()
    told: list[Effect | Notice | Letter] = []
    try:
        subject, body = rules.check_template(
            form.cleaned_data.get("subject", ""), form.cleaned_data.get("body", ""), kind.placeholders
        )
    except Refused as refusal:
        return [Notice("This text cannot be used as it stands", refusal.sentence, "bad")]
    if customer is None:
        return [Notice("There is no customer to try it on", "The text can be kept all the same.", "look")]
    text = Text(kind.name, language, 0, subject, body)
    told.append(Effect(f"As {customer.reference} would get it", "With made-up amounts and numbers.", "mail"))
    told.append(letter_of(compose(text, customer, example_facts(kind, customer))))
    return told


def example_facts(kind: Kind, customer: Customer) -> dict[str, Value]:
    """A value for each fact of a kind, so that every placeholder is seen filled in."""
    today = timezone.localdate()
    known: dict[str, Value] = {
        "amount": Money(128_430, customer.currency or "EUR"),
        "reference": "REF-20261118-7K3N9Q4F",
        "date": today,
        "note": Note("Thank you for your patience."),
        "credits": Credits(12_500, "tokens"),
        "expires_on": today + timedelta(days=7),
        "card": "Visa ···· 4242",
        "month": "12/2029",
        "percent": "80 %",
        "limit": "10,000 calls",
        "meter": "API calls",
        "renews_on": today + timedelta(days=12),
        "outage": "Exports did not start",
        "number": "C-2026-000042",
        "invoice": "2026-000417",
    }
    return {name: known[name] for name in kind.facts}
