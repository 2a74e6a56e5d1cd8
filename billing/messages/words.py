"""Facts as a customer reads them: amounts, days and numbers of credits in their language."""

from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date
from babel.numbers import format_decimal

from billing.messages import rules
from billing.money import Money, format_localized
from billing.money.formatting import find_locale

UNITS = {
    "tokens": {
        "en": "tokens", "de": "Tokens", "fr": "jetons", "es": "tokens", "it": "token", "nl": "tokens",
        "sv": "tokens", "pt": "tokens", "pl": "tokenów",
        "ro": "de tokenuri", "cs": "tokenů",
    },
    "ai_requests": {
        "en": "AI requests", "de": "KI-Anfragen", "fr": "requêtes IA", "es": "solicitudes de IA",
        "it": "richieste IA", "nl": "AI-verzoeken", "sv": "AI-förfrågningar", "pt": "pedidos de IA",
        "pl": "zapytań AI", "ro": "de cereri AI", "cs": "požadavků AI",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Credits:
    """So many of a unit that is not money."""

    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class Note:
    """Lines that somebody wrote to the customer, in whatever language they chose."""

    text: str


Value = Money | Credits | Note | date | datetime | str | None


def in_words(value: Value, locale: str) -> str:
    """The value as a person of that locale reads it; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Money):
        return format_localized(value, locale)
    if isinstance(value, Credits):
        return f"{format_decimal(value.amount, locale=find_locale(locale))} {unit_word(value.unit, locale)}"
    if isinstance(value, Note):
        return rules.note(value.text)
    if isinstance(value, date):
        return format_date(value, format="long", locale=find_locale(locale))
    return rules.fact(value)


def unit_word(unit: str, locale: str) -> str:
    words = UNITS.get(unit, {})
    return words.get(locale.split("-")[0], words.get("en", unit.replace("_", " ")))
