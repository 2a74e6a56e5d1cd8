"""Which country's VAT an invoice bears, at which rate, and why. Pure.

For what is supplied electronically, as subscriptions are: a consumer is taxed where they are, a business in
another country of the EU owes the tax itself, and what leaves the EU is outside its VAT.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from billing.tax.places import EU_FROM, Place, country_name, has_domestic_rates, in_eu, place_of, rate_in

__all__ = ["Buyer", "Decision", "Seller", "decide", "decide_classes"]


@dataclass(frozen=True, slots=True)
class Seller:
    """Who issues: where, registered for VAT or not, in the one-stop-shop or not.

    ``supplies`` is the kind of rate for what is sold: "standard", or "reduced" where the law has one for it.
    """

    country: str
    registered: bool = True
    oss: bool = True
    supplies: str = "standard"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is billed: a business is one whose VAT number has been accepted."""

    country: str
    is_business: bool = False
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The country whose rules apply, the rate in percent (None where no VAT is ours to charge), and why."""

    country: str
    rate: Decimal | None
    treatment: str
    why: str


@lru_cache(maxsize=4_096)
def decide(seller: Seller, buyer: Buyer, on: date) -> Decision:
    """Decides by the law of the tax point's day.

    Raises `InvalidInput`, naming the field, for a buyer without a country or with one that there is not.
    """
    home, place = place_of(seller.country), place_of(buyer.country, buyer.postal_code)
    if not seller.registered:
        return Decision(home.country, None, "exempt", "The seller is not registered for VAT.")
    if not place.in_vat_area:
        if place.country == home.country and not in_eu(home.country, on):
            return _charged(home, home, on, seller, "standard", f"Sold within {home.name}.")
        if place.country == home.country and home.in_vat_area and has_domestic_rates(place):
            return _charged(
                place, place, on, seller, "standard", f"Sold within {country_name(home.country)}."
            )
        return Decision(place.country, None, "export", f"The customer is in {place.name}. {place.why}")
    if place.country == home.country:
        return _charged(place, place, on, seller, "standard", f"Sold within {country_name(home.country)}.")
    if not in_eu(place.country, on):
        return Decision(
            place.country, None, "export", f"The customer is in {place.name}, outside the EU.".strip()
        )
    if not in_eu(home.country, on):
        return _into_eu(place, on, seller, buyer)
    if buyer.is_business:
        return Decision(
            place.country,
            Decimal(0),
            "reverse_charge",
            f"A business in {place.name}: it owes the VAT there itself (reverse charge)."
            + (f" {place.why}" if place.why else ""),
        )
    if on < EU_FROM:
        return _charged(
            home,
            home,
            on,
            seller,
            "standard",
            f"A consumer in {place.name}, before 2015: taxed at the seller's.",
        )
    if seller.oss:
        why = f"A consumer in {place.name}: taxed there, by the one-stop-shop."
        return _charged(place, place, on, seller, "oss", why)
    why = f"A consumer in {place.name}, without the one-stop-shop: taxed at the seller's."
    return _charged(home, home, on, seller, "standard", why)


def decide_classes(seller: Seller, buyer: Buyer, on: date, classes: Iterable[str]) -> dict[str, Decision]:
    """What is decided for the products of each class; the empty one is what the seller's settings say.

    Raises as `decide` does.
    """
    return {
        each: decide(replace(seller, supplies=each) if each else seller, buyer, on)
        for each in dict.fromkeys(("", *classes))
    }


def _into_eu(place: Place, on: date, seller: Seller, buyer: Buyer) -> Decision:
    """From outside of the EU into it."""
    if buyer.is_business or not seller.oss or on < EU_FROM:
        return Decision(
            place.country,
            None,
            "export",
            f"Sold from {country_name(place_of(seller.country).country)} abroad.",
        )
    why = f"A consumer in {place.name}: taxed there, by the one-stop-shop for sellers outside the EU."
    return _charged(place, place, on, seller, "oss", why)


def _charged(place: Place, of: Place, on: date, seller: Seller, treatment: str, because: str) -> Decision:
    rate, kind = rate_in(of, on, seller.supplies)
    if kind == "reduced" and treatment == "standard":
        treatment = "reduced"
    why = f"{because} {kind.capitalize()} rate of {of.name} on {on.isoformat()}: {rate.normalize():f} %."
    if of.why:
        why += f" {of.why}"
    return Decision(place.country, rate, treatment, why)
