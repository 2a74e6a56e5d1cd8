"""The tags that every screen is written with: `{% load desk %}`. docs/parts.md lists them."""

import re
from datetime import date, datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.money import Money, format_amount
from dashboard.parts import formatting
from dashboard.parts.drawing import bar_widths, spark_points
from dashboard.parts.entries import NOTICE_ICONS, Action, Notice
from dashboard.parts.icons import SPRITE, icon_names
from dashboard.parts.states import State, state_of
from dashboard.parts.strictness import strict
from dashboard.parts.viewer import current_locale

register = template.Library()
REFERENCE = re.compile(r"([A-Z]{2,4}-\d{8}-)([0-9A-Z]+)")


@register.simple_tag
def icon(name: str) -> SafeString:
    """A 16 px icon of the sprite, for the eye only: what it means must stand beside it in words."""
    if strict() and name not in icon_names():
        raise template.TemplateSyntaxError(
            f"no icon {name!r} in the sprite; static/vendor/tabler-icons/README.md says how to add one"
        )
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>', static(SPRITE), name)


@register.inclusion_tag("parts/state.html")
def state(machine: str | State, value: str = "", size: str = "") -> dict[str, Any]:
    """`{% state "refund" refund.state %}`, with "large" as the last word in headers."""
    found = machine if isinstance(machine, State) else state_of(machine, value)
    return {"state": found, "large": size == "large"}


@register.inclusion_tag("parts/money.html")
def money(minor: int | Money | None, currency: str = "", why: str = "") -> dict[str, Any]:
    """Minor units and a currency, or a Money; None reads "unknown" with the reason on hover."""
    figure, code = in_minor_units(minor, currency)
    if figure is None or not code:
        return {"why": why}
    return {"amount": format_amount(figure, code, current_locale()), "currency": code}


@register.simple_tag
def amount(minor: int | Money | None, currency: str = "") -> str:
    """The same in one breath, for sentences, titles and buttons: 1,284.30 EUR."""
    figure, code = in_minor_units(minor, currency)
    if figure is None or not code:
        return "unknown"
    return f"{format_amount(figure, code, current_locale())} {code}"


def in_minor_units(given: int | Money | None, currency: str) -> tuple[int | None, str]:
    return (given.minor, given.currency) if isinstance(given, Money) else (given, currency)


@register.inclusion_tag("parts/when.html")
def when(at: datetime | None, style: str = "full", why: str = "") -> dict[str, Any]:
    """A moment in the viewer's zone; "short" in lists. Hover gives the zone and how long ago."""
    if at is None:
        return {"why": why}
    now = timezone.now()
    text = formatting.short_moment(at, now) if style == "short" else formatting.full_moment(at)
    return {
        "machine": at.astimezone(timezone.get_current_timezone()).isoformat(timespec="seconds"),
        "text": text,
        "title": formatting.moment_title(at, now),
    }


@register.inclusion_tag("parts/day.html")
def day(on: date | None, style: str = "full", why: str = "") -> dict[str, Any]:
    """A day without a time: 1 Dec 2026, or 1 Dec when "short" and in this year."""
    if on is None:
        return {"why": why}
    short = formatting.short_day(on, timezone.localdate())
    return {"machine": on.isoformat(), "text": short if style == "short" else formatting.full_day(on)}


@register.simple_tag
def count(number: int | None) -> str:
    """12,418; a count that is not known reads "unknown", never zero."""
    return "unknown" if number is None else formatting.grouped(number)


@register.inclusion_tag("parts/ref.html")
def ref(value: str, url: str | None = None, copy: bool = False) -> dict[str, Any]:
    """A reference that never wraps; in a narrow list its head (`REF-20261118-`) is left out for the eye."""
    parts = REFERENCE.fullmatch(str(value))
    head, tail = parts.groups() if parts else ("", str(value))
    return {"value": value, "head": head, "tail": tail, "url": url, "copy": copy}


@register.inclusion_tag("parts/copy.html", name="copy")
def copy_button(value: str, what: str = "") -> dict[str, Any]:
    """A button that copies the value; `what` names it for those who hear it."""
    return {"value": value, "what": what or str(value)}


@register.inclusion_tag("parts/unknown.html")
def unknown(why: str = "") -> dict[str, Any]:
    """The word "unknown", dotted, with the reason on hover."""
    return {"why": why}


@register.inclusion_tag("parts/name.html")
def name(who: Any, url: str | None = None) -> dict[str, Any]:
    """A customer's name in its own script, clipped at its own end; a customer or a plain text."""
    if isinstance(who, str):
        return {"text": who, "language": "", "url": url}
    text = getattr(who, "name", "") or str(getattr(who, "identity", "") or who)
    return {"text": text, "language": (getattr(who, "locale", "") or "").replace("_", "-"), "url": url}


@register.inclusion_tag("parts/show.html")
def show(value: Any, why: str = "") -> dict[str, Any]:
    """Any value as its kind is shown: Money or several, moment, day, State, count, text; None is unknown."""
    kinds: tuple[tuple[type, str], ...] = (
        (Money, "money"),
        (tuple, "amounts"),
        (datetime, "moment"),
        (date, "day"),
        (State, "state"),
    )
    kind = next((word for of, word in kinds if isinstance(value, of)), "text")
    if isinstance(value, int) and not isinstance(value, bool):
        kind = "count"
    return {"value": value, "kind": "unknown" if value is None else kind, "why": why}


@register.inclusion_tag("parts/meter.html")
def meter(total: int, used: int, other: int = 0) -> dict[str, Any]:
    """A bar of two parts of a whole: what is left in the series colour, what is gone in grey."""
    return bar_widths(total, used, other)


@register.inclusion_tag("parts/spark.html")
def spark(numbers: list[int]) -> dict[str, Any]:
    """The shape of a few numbers, 52 by 28 px; its meaning stands beside it in figures."""
    return spark_points(numbers)


@register.inclusion_tag("parts/action.html", takes_context=True)
def action(context: template.Context, what: Action) -> dict[str, Any]:
    """A button for one allowed or refused action."""
    return {"action": what, "csrf_token": context.get("csrf_token"), "id": abs(hash(what.label + what.url))}


@register.inclusion_tag("parts/notice.html")
def notice(what: Notice | str, detail: str = "", tone: str = "wait") -> dict[str, Any]:
    """A notice from a record, or from a sentence with its detail and tone."""
    return {"notice": what if isinstance(what, Notice) else Notice(what, detail, tone)}


@register.inclusion_tag("parts/field.html")
def field(bound: Any, label: str = "", optional: str = "") -> dict[str, Any]:
    """A form field: label, control, hint, error, wired for screen readers."""
    marks = {"class": control_class(bound)}
    described = [
        part
        for part, there in (
            (f"{bound.auto_id}-hint", bound.help_text),
            (f"{bound.auto_id}-error", bound.errors),
        )
        if there
    ]
    if described:
        marks["aria-describedby"] = " ".join(described)
    if bound.errors:
        marks["aria-invalid"] = "true"
    widget = bound.as_widget(attrs={**marks, **bound.field.widget.attrs})
    kind = bound.field.widget.__class__.__name__
    return {
        "field": bound,
        "control": widget,
        "label": label or bound.label,
        "optional": optional or ("optional" if not bound.field.required else ""),
        "kind": {"CheckboxInput": "check", "RadioSelect": "set", "CheckboxSelectMultiple": "set"}.get(
            kind, "line"
        ),
    }


@register.inclusion_tag("parts/amount_field.html")
def amount_field(
    bound: Any, currency: str, all_that_is_left: str = "", total: int = 0, left: int = 0, hint: str = ""
) -> dict[str, Any]:
    """The big amount field. `all_that_is_left` is what its button writes; `total` and `left`, in minor units,
    draw the bar; `hint` stands for the form's own and may hold links."""
    hint = hint or bound.help_text
    described = [
        part
        for part, there in ((f"{bound.auto_id}-hint", hint), (f"{bound.auto_id}-error", bound.errors))
        if there
    ]
    marks = {
        "class": "",
        "inputmode": "decimal",
        "autocomplete": "off",
        "aria-describedby": " ".join(described),
    }
    if bound.errors:
        marks["aria-invalid"] = "true"
    return {
        "field": bound,
        "control": bound.as_widget(attrs={**bound.field.widget.attrs, **marks}),
        "currency": currency,
        "all": all_that_is_left,
        "bar": bar_widths(total, left, total - left) if total else None,
        "hint": hint,
    }


def control_class(bound: Any) -> str:
    kind = bound.field.widget.__class__.__name__
    if kind.startswith("Select"):
        return "form-select"
    return {"CheckboxInput": "pick", "RadioSelect": "pick-one", "CheckboxSelectMultiple": "pick"}.get(
        kind, "form-control"
    )


@register.filter
def tone_icon(level_tag: str) -> str:
    """The icon of a Django message's level."""
    return NOTICE_ICONS[message_tone(level_tag)]


@register.filter
def message_tone(level_tag: str) -> str:
    """The tone of a Django message's level: success, info, warning, error."""
    return {"success": "ok", "warning": "wait", "error": "bad"}.get(level_tag, "move")
