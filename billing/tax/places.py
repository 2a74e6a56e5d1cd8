"""Where a customer is for VAT, and which rates are in force there on a day. Pure; from the two data files."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel import Locale

from billing.errors import InvalidInput

__all__ = ["EU_FROM", "Place", "country_name", "has_domestic_rates", "in_eu", "place_of", "rate_in"]

FOLDER = Path(__file__).parent
#: The one-stop-shop, and VAT where the consumer is, for what is supplied electronically.
EU_FROM = date(2015, 1, 1)
WITH_ARTICLE = frozenset({"Netherlands", "United Kingdom", "United States", "Philippines"})


@dataclass(frozen=True, slots=True)
class Place:
    """A country, or a part of one whose VAT is another; ``why`` says in a sentence what sets it apart."""

    country: str
    name: str
    territory: str = ""
    in_vat_area: bool = True
    why: str = ""


@lru_cache(maxsize=8192)
def place_of(country: str, postal_code: str = "") -> Place:
    """Where a billing address is for VAT. Raises `InvalidInput`, which names the field, without a country."""
    code = country.strip().upper()
    if not code:
        raise InvalidInput(
            "customer_without_country",
            "Country: this customer has none, so their tax cannot be decided. Enter it with their address.",
            field="country",
        )
    alone = _territories()["codes"].get(code)
    if alone is None and code not in _names():
        raise InvalidInput(
            "country_unknown", f"Country: {code} is no country. Use its two letters.", field="country"
        )
    found = _territory(alone.get("territory", "")) if alone else None
    of = alone["country"] if alone else code
    if found is None:
        # Only British codes begin with letters that count; elsewhere they name the country again.
        compact = re.sub(r"[^0-9A-Z]" if of == "GB" else r"\D", "", postal_code.upper())
        found = next((each for each in _of_country(of) if _begins(compact, each["postal"])), None)
    if found is None:
        return Place(of, alone["name"] if alone else country_name(of), why=(alone or {}).get("why", ""))
    return Place(of, found["name"], found["code"], found["in_vat_area"], found["why"])


def in_eu(country: str, on: date) -> bool:
    """Whether a country is in the EU's VAT area on that day."""
    span = _rates()["eu"].get(country)
    if span is None:
        return False
    return date.fromisoformat(span[0]) <= on and (span[1] is None or on <= date.fromisoformat(span[1]))


def rate_in(place: Place, on: date, kind: str = "standard") -> tuple[Decimal, str]:
    """The percent in force there on that day, and its kind: where there is no reduced rate, the standard one.

    Raises `InvalidInput` for a country whose rates are not known.
    """
    tables: list[Mapping[str, Any]] = []
    if place.territory:
        # Outside of the EU's VAT area a territory may have rates for what its own country's sellers supply.
        tables.append(_territory(place.territory).get("rates" if place.in_vat_area else "domestic", {}))
    tables.append(
        {kind: table[place.country] for kind, table in _by_kind().items() if place.country in table}
    )
    for wanted in dict.fromkeys((kind, "standard")):
        for table in tables:
            if wanted in table:
                return _on(table[wanted], on), wanted
    raise InvalidInput("rates_unknown", f"Country: the rates of VAT in {place.name} are not known here.")


def has_domestic_rates(place: Place) -> bool:
    """Whether sellers of its own country charge VAT there, although it is outside of the EU's VAT area."""
    return bool(place.territory and _territory(place.territory).get("domestic"))


@cache
def country_name(code: str) -> str:
    """The English name, as a sentence has it."""
    name = _names().get(code, code)
    return (
        f"the {name}" if name in {"Netherlands", "United Kingdom", "United States", "Philippines"} else name
    )


def _on(rows: Sequence[Sequence[str]], on: date) -> Decimal:
    """The last that has begun; before the first that is known, the first."""
    begun = [percent for since, percent in rows if date.fromisoformat(since) <= on]
    return Decimal(begun[-1] if begun else rows[0][1])


def _begins(compact: str, starts: Sequence[str]) -> bool:
    return bool(compact) and any(compact.startswith(start) for start in starts)


@cache
def _of_country(country: str) -> tuple[dict[str, Any], ...]:
    return tuple(each for each in _territories()["territories"] if each["country"] == country)


def _territory(code: str) -> Any:
    return next((each for each in _territories()["territories"] if each["code"] == code), None)


def _by_kind() -> dict[str, dict[str, Any]]:
    return {kind: _rates()[kind] for kind in ("standard", "reduced")}


@cache
def _rates() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "rates.json").read_text(encoding="utf-8"))
    return found


@cache
def _territories() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "territories.json").read_text(encoding="utf-8"))
    return found


@cache
def _names() -> dict[str, str]:
    names = Locale("en").territories.items()
    return {code: name for code, name in names if re.fullmatch("[A-Z]{2}", code) and code not in ("EU", "ZZ")}
