"""What a line says in its customer's language, from the facts that its English text was made of. Pure.

A plan's facts are `of` ("plan"), `name`, `seats`, `every` (interval and count) and `part` ("rest" or "unused"
of a period); those of usage `of` ("usage"), `name`, `billed` and `included`. They are frozen with the line,
as is what they said in the customer's language when it was written.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.numbers import format_decimal

from billing.invoices.line_words import LINE_WORDS, LineWords
from billing.money.formatting import find_locale

__all__ = ["plan_facts", "said_in", "text_in", "usage_facts", "with_text"]


def plan_facts(name: str, seats: int, unit: str, count: int) -> dict[str, Any]:
    """A period of a plan."""
    return {"of": "plan", "name": name, "seats": seats, "every": [unit, count]}


def usage_facts(name: str, billed: Decimal, included: int) -> dict[str, Any]:
    """Usage beyond what a period included."""
    return {"of": "usage", "name": name, "billed": str(billed), "included": included}


def text_in(facts: Mapping[str, Any], locale: str) -> str:
    """What a line with these facts says in the locale's language; empty where that is English, or one that
    lines are not written in: then its own text counts."""
    words = LINE_WORDS.get(_language(locale))
    if words is None or not facts:
        return ""
    return _usage(facts, words, locale) if facts.get("of") == "usage" else _plan(facts, words, locale)


def with_text(why: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """A line's reasons with what it says to a customer of that locale."""
    text = text_in(why.get("text", {}), locale)
    return {**why, "said": {"language": _language(locale), "text": text}} if text else dict(why)


def said_in(why: Mapping[str, Any], description: str, locale: str) -> str:
    """What stands on paper in the locale's language: what was frozen in it, else what the facts say in it,
    else the line's own text."""
    said = why.get("said", {})
    if said.get("language") == _language(locale):
        return str(said["text"])
    return text_in(why.get("text", {}), locale) or description


def _plan(facts: Mapping[str, Any], words: LineWords, locale: str) -> str:
    unit, count = facts["every"]
    return _plan_in(words, locale, facts["name"], facts["seats"], unit, count, facts.get("part", ""))


@lru_cache(maxsize=4_096)
def _plan_in(words: LineWords, locale: str, name: str, seats: int, unit: str, count: int, part: str) -> str:
    """A thousand lines of a batch say a few texts."""
    many = f" × {_number(Decimal(seats), locale)}" if seats != 1 else ""
    what = f"{name}{many}, {_every(unit, count, words, locale)}"
    return str(getattr(words, part).format(what=what)) if part in ("rest", "unused") else what


def _every(unit: str, count: int, words: LineWords, locale: str) -> str:
    if count == 1:
        return words.once[unit]
    forms = words.every[unit]
    return forms.get(find_locale(locale).plural_form(count), forms["other"]).format(n=count)


def _usage(facts: Mapping[str, Any], words: LineWords, locale: str) -> str:
    billed = _number(Decimal(facts["billed"]), locale)
    if not facts["included"]:
        return f"{facts['name']}, {billed}"
    return words.past.format(
        what=facts["name"], billed=billed, included=_number(Decimal(facts["included"]), locale)
    )


def _number(number: Decimal, locale: str) -> str:
    return str(format_decimal(number.normalize(), locale=find_locale(locale), decimal_quantization=False))


def _language(locale: str) -> str:
    return locale.replace("_", "-").split("-")[0].lower()
