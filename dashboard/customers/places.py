"""Countries in words."""

from functools import cache

from babel import Locale

from billing.customers.models import Customer
from billing.customers.queries import countries_in_use

ENGLISH = Locale.parse("en")


@cache
def country_name(code: str) -> str:
    """Germany for DE; a code that is none stays as it is."""
    return str(ENGLISH.territories.get(code, code))


def countries() -> list[tuple[str, str]]:
    """Those in use, by name, for a filter."""
    return sorted(((code, country_name(code)) for code in countries_in_use()), key=lambda pair: pair[1])


def place_of(customer: Customer, city: str = "") -> str:
    """Stuttgart, Germany; as much of it as is known."""
    return ", ".join(part for part in (city, country_name(customer.country)) if part)
