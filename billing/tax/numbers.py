"""VAT numbers: their form and their check digits, by country."""

from collections.abc import Callable
from functools import cache
from typing import Any

from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength, ValidationError

from billing.errors import InvalidInput
from billing.tax.places import country_name, place_of

__all__ = ["check", "check_iban", "is_well_formed"]

#: Prefixes of numbers that are not the country's two letters.
PREFIXES = {"GR": "EL"}
LONGEST = 20


def check(country: str, text: str, *, field: str = "tax_id", label: str = "VAT number") -> str:
    """The number in canonical form, with its country's letters: " de 811 569 869" is "DE811569869".

    Whether it is registered is another question, for `vies`. Where nothing is known about a country's
    numbers, its letters and digits are all that is looked at. Raises `InvalidInput` with a sentence that
    names the field.
    """
    place = place_of(country)
    compact = "".join(letter for letter in text.upper() if letter.isalnum())
    if not compact:
        raise InvalidInput("vat_number_missing", f"{label}: enter it, or leave it out.", field=field)
    prefix = PREFIXES.get(place.country, place.country)
    own = compact.removeprefix(prefix) if compact[:2] == prefix else compact
    module = _module(place.country)
    if module is None:
        if not 4 <= len(compact) <= LONGEST or not compact.isascii():
            raise _wrong(label, text, "it has 4 to 20 letters and digits", field)
        return compact
    other = compact[:2]
    if other != prefix and other.isalpha() and _known(other) and not _fits(module, own):
        raise InvalidInput(
            "vat_number_of_another_country",
            f"{label}: {text.strip()} begins as a number of another country than "
            f"{country_name(place.country)}. Correct the number or the country.",
            field=field,
        )
    try:
        # Swiss numbers begin with three letters of their own.
        checked = str(module.validate(compact if module.is_valid(compact) else own))
    except InvalidChecksum as error:
        remedy = "its check digits do not fit, so a digit is wrong; compare it with the customer's paper"
        raise _wrong(label, text, remedy, field) from error
    except InvalidLength as error:
        raise _wrong(label, text, "it is too long or too short", field) from error
    except (InvalidFormat, InvalidComponent) as error:
        name = country_name(place.country)
        raise _wrong(label, text, f"it has not the form of a number of {name}", field) from error
    return checked if checked.startswith(prefix) else prefix + checked


def is_well_formed(country: str, text: str) -> bool:
    """Whether `check` would take it."""
    try:
        check(country, text)
    except InvalidInput:  # quiet: the answer is no
        return False
    return True


def check_iban(text: str) -> str:
    """An IBAN without blanks. Raises `InvalidInput`."""
    from stdnum import iban

    try:
        return str(iban.validate(text))
    except ValidationError as error:
        raise InvalidInput("iban_wrong", "IBAN: its form or its check digits do not fit.") from error


@cache
def _module(country: str) -> Any:
    """The library's module for a country's VAT numbers, or None."""
    return get_cc_module(country, "vat")


@cache
def _known(prefix: str) -> bool:
    return prefix.lower() in {*eu_vat.MEMBER_STATES, "el", "gb", "ch", "no", "xi"}


def _fits(module: Any, own: str) -> bool:
    valid: Callable[[str], bool] = module.is_valid
    return valid(own)


def _wrong(label: str, text: str, why: str, field: str) -> InvalidInput:
    return InvalidInput("vat_number_wrong", f"{label}: {text.strip()} is not one: {why}.", field=field)
