"""The limits as a page: what each role may do alone, and where nobody has set anything, the defaults."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.approvals import services
from billing.approvals.actions import Action, all_actions
from billing.approvals.defaults import UNIT_NAMES, WORTH, defaults_for
from billing.approvals.models import ApprovalLimit
from billing.approvals.rules import ONE, PER_CUSTOMER, PER_DAY
from billing.money import Money, format_money, is_currency
from dashboard.access import ROLES, may, who_may
from dashboard.actions.dialog import Done, act
from dashboard.approvals.forms import LimitForm
from dashboard.parts.formatting import grouped
from dashboard.parts.viewer import current_locale
from dashboard.staff.actors import actor_of

SCOPES = (ONE, PER_DAY, PER_CUSTOMER)
MAIN = ("EUR", "USD", "GBP")
#: Roles that act on money; an auditor changes nothing.
ACTING = tuple(role for role in ROLES if role.name != "auditor")


@dataclass(frozen=True, slots=True)
class Row:
    """A role's limits for one action in one currency; an empty amount is any amount."""

    role: str
    label: str
    currency: str
    amounts: tuple[str, ...]
    is_default: bool
    url: str


@dataclass(frozen=True, slots=True)
class Block:
    label: str
    rows: list[Row]


@require_safe
@who_may("approvals.view")
def index(request: HttpRequest) -> HttpResponse:
    """Every action with its limits by role; one query."""
    known = known_limits()
    can = may(request.user, "approvals.set_limits")
    blocks = [Block(action.label, _rows(action, known, can)) for action in all_actions()]
    return render(request, "dashboard/approvals/limits.html", {"blocks": blocks, "can": can})


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("approvals.set_limits")
def update(request: HttpRequest, role: str, action: str, currency: str) -> HttpResponse:
    """Sets the three limits of a role for an action in one currency."""
    found = next((each for each in all_actions() if each.name == action), None)
    label = next((each.label for each in ACTING if each.name == role), "")
    if found is None or not label or currency not in currencies(found):
        raise Http404(f"There is no limit of {role} for {action} in {currency}.")
    now = values(role, action, currency, known_limits())

    def perform(form: LimitForm, key: str) -> None:
        services.set_limits(
            role=role,
            action=action,
            currency=currency,
            limits=form.amounts(),
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        )

    back = reverse("approvals:limits")
    return act(
        request,
        template="dashboard/approvals/limit.html",
        form=lambda data: LimitForm(data, currency=currency, now=now),
        primary=lambda form: "Set the limits",
        perform=perform,
        done=lambda _: Done(f"{label}: the limits for {found.label.lower()} are set", url=back, go=True),
        back=back,
        context={"label": label, "action_label": found.label, "currency": currency.replace("_", " ")},
    )


def currencies(action: Action) -> tuple[str, ...]:
    """What an action's amounts are in: units for credits, money for the others."""
    return UNIT_NAMES if action.name == "credits" else tuple(WORTH)


def known_limits() -> dict[tuple[str, str, str], dict[str, int | None]]:
    known: dict[tuple[str, str, str], dict[str, int | None]] = {}
    for row in ApprovalLimit.objects.order_by("role", "action", "currency"):
        known.setdefault((row.role, row.action, row.currency), {})[row.scope] = row.limit_minor
    return known


def values(role: str, action: str, currency: str, known: dict[Any, Any]) -> dict[str, int | None]:
    """The limits that hold: those set, else the defaults."""
    was_set = any(key[:2] == (role, action) for key in known)
    if was_set:
        return dict(known.get((role, action, currency), {}))
    return {
        limit.scope: limit.amount.minor if limit.amount else None
        for limit in defaults_for(role, action, currency)
    }


def _rows(action: Action, known: dict[Any, Any], can: bool) -> list[Row]:
    found = []
    for role in ACTING:
        was_set = {key[2] for key in known if key[:2] == (role.name, action.name)}
        shown = [each for each in currencies(action) if each in MAIN or each in UNIT_NAMES or each in was_set]
        for currency in shown:
            held = values(role.name, action.name, currency, known)
            amounts = tuple(_words(held, scope, currency) for scope in SCOPES)
            if not held:
                empty = "a second person decides" if was_set else "any amount"
                amounts = (empty, "", "")
            args = [role.name, action.name, currency]
            url = reverse("approvals:limit", args=args) if can else ""
            found.append(Row(role.name, role.label, currency.replace("_", " "), amounts, not was_set, url))
    return found


def _words(held: dict[str, int | None], scope: str, currency: str) -> str:
    minor = held.get(scope)
    if minor is None:
        return "any amount"
    return format_money(Money(minor, currency), current_locale()) if is_currency(currency) else grouped(minor)
