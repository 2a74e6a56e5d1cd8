"""Values as cells of a CSV that a spreadsheet opens without running any of them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from billing.money import Money, decimal_amount

#: What a spreadsheet takes for the beginning of a formula, in their wide forms too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: Any) -> str:
    """Text with a leading quote where it would run as a formula; figures as they are; times in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return cell(", ".join(map(str, value)))
    return neutral(str(value))


def neutral(text: str) -> str:
    """The text, quoted when its first sign that is not a space begins a formula."""
    text = text.replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def money_cells(value: Money | None) -> list[str]:
    """The amount as a plain decimal, and its currency."""
    if value is None:
        return ["", ""]
    return [format(decimal_amount(value.minor, value.currency), "f"), value.currency]


def at_path(row: Any, path: str) -> Any:
    """The value behind `customer__identity__name`; nothing where a row on the way is gone."""
    for step in path.split("__"):
        if row is None:
            return None
        try:
            row = getattr(row, step)
        except ObjectDoesNotExist:
            return None
    return row
