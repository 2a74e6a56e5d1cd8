"""How documents write amounts, days and counts: in one notation, whoever's they are."""

from datetime import UTC, date, datetime

from django import template

from billing.money import Money

register = template.Library()


@register.simple_tag
def sum(minor: int, currency: str) -> str:
    """1,234.00 EUR."""
    return str(Money(minor, currency))


@register.filter
def utc(at: datetime) -> str:
    """18 Nov 2026, 09:30."""
    moment = at.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M}"


@register.filter
def utc_day(at: datetime | date) -> str:
    """18 Nov 2026."""
    on = at.astimezone(UTC) if isinstance(at, datetime) else at
    return f"{on.day} {on:%b %Y}"


@register.filter
def grouped(number: int) -> str:
    """12,418."""
    return f"{number:,}"


@register.inclusion_tag("documents/_more.html")
def more(left_out: dict[str, int], kind: str) -> dict[str, object]:
    """How many more there are than the document holds."""
    return {"count": left_out.get(kind, 0), "kind": kind}
