"""Facts as a customer reads them: amounts, days and numbers of credits in their language."""

from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date
from babel.numbers import format_decimal

from billing.messages import rules
from billing.money import Money, format_localized
from billing.money.formatting import find_locale

#: By language the forms of CLDR: of one, of few, of many, and of all others.
UNITS: dict[str, dict[str, dict[str, str]]] = {
    "tokens": {
        "en": {"one": "token", "other": "tokens"},
        "de": {"one": "Token", "other": "Tokens"},
        "fr": {"one": "jeton", "many": "de jetons", "other": "jetons"},
        "es": {"one": "token", "many": "de tokens", "other": "tokens"},
        "it": {"one": "token", "many": "di token", "other": "token"},
        "nl": {"one": "token", "other": "tokens"},
        "sv": {"one": "token", "other": "tokens"},
        "pt": {"one": "token", "many": "de tokens", "other": "tokens"},
        "pl": {"one": "token", "few": "tokeny", "many": "tokenów", "other": "tokena"},
        "ro": {"one": "token", "few": "tokenuri", "other": "de tokenuri"},
        "cs": {"one": "token", "few": "tokeny", "other": "tokenů"},
    },
    "ai_requests": {
        "en": {"one": "AI request", "other": "AI requests"},
        "de": {"one": "KI-Anfrage", "other": "KI-Anfragen"},
        "fr": {"one": "requête IA", "many": "de requêtes IA", "other": "requêtes IA"},
        "es": {"one": "solicitud de IA", "many": "de solicitudes de IA", "other": "solicitudes de IA"},
        "it": {"one": "richiesta IA", "many": "di richieste IA", "other": "richieste IA"},
        "nl": {"one": "AI-verzoek", "other": "AI-verzoeken"},
        "sv": {"one": "AI-förfrågan", "other": "AI-förfrågningar"},
        "pt": {"one": "pedido de IA", "many": "de pedidos de IA", "other": "pedidos de IA"},
        "pl": {"one": "zapytanie AI", "few": "zapytania AI", "many": "zapytań AI", "other": "zapytania AI"},
        "ro": {"one": "cerere AI", "few": "cereri AI", "other": "de cereri AI"},
        "cs": {"one": "požadavek AI", "few": "požadavky AI", "other": "požadavků AI"},
    },
}


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
        number = format_decimal(value.amount, locale=find_locale(locale))
        return f"{number} {unit_word(value.unit, locale, value.amount)}"
    if isinstance(value, Note):
        return rules.note(value.text)
    if isinstance(value, date):
        return format_date(value, format="long", locale=find_locale(locale))
    return rules.fact(value)


def unit_word(unit: str, locale: str, amount: int) -> str:
    """The unit as it stands behind so many of it: "token", "tokens", "de tokenuri"."""
    words = UNITS.get(unit)
    if words is None:
        return unit.replace("_", " ")
    language = locale.replace("_", "-").split("-")[0]
    forms = words.get(language, words["en"])
    form = find_locale(locale if language in words else "en").plural_form(abs(amount))
    return forms.get(form, forms["other"])
