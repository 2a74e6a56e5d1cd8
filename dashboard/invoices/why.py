"""Why a line of an invoice costs what it costs, in sentences."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from billing.invoices.models import Invoice, InvoiceLine
from billing.money import Money, exact, exponent, format_money, round_half_away
from billing.payments.queries import gateway_name
from billing.subscriptions.listing import interval_of
from dashboard.actions.related import link
from dashboard.parts.entries import Fact
from dashboard.parts.formatting import full_day
from dashboard.parts.viewer import current_locale

TREATMENTS = {
    "domestic": "domestic rate",
    "destination": "rate of the customer's country",
    "reverse_charge": "reverse charge: the customer accounts for it",
    "outside": "outside the scope of the tax",
    "exempt": "exempt",
}


def words(minor: int, currency: str) -> str:
    return format_money(Money(minor, currency), current_locale())


def quantity_words(quantity: Decimal) -> str:
    """1, 12 or 0.5: without zeros that say nothing."""
    return f"{quantity.normalize():f}"


def unit_words(minor: Decimal, currency: str) -> str:
    """29.00 EUR, or 0.0125 EUR where a unit costs less than the smallest coin."""
    if minor == minor.to_integral_value():
        return words(int(minor), currency)
    return f"{minor.scaleb(-exponent(currency)).normalize():f} {currency}"


def rate_words(rate: Decimal | None) -> str:
    """19 %, or that there is none."""
    return "no tax" if rate is None else f"{rate.normalize():f} %"


def period_words(line: InvoiceLine) -> str:
    """22 Nov 2026 – 22 Dec 2026; empty without a period."""
    if line.period_start is None or line.period_end is None:
        return ""
    start, end = (timezone.localtime(at).date() for at in (line.period_start, line.period_end))
    return f"{full_day(start)} – {full_day(end)}"


def because(line: InvoiceLine, invoice: Invoice, user: Any = None) -> list[Fact]:
    """The price and its version, how often, for which time, and which tax."""
    return [
        _price(line, invoice, user),
        *_amount(line, invoice),
        *_time(line),
        _tax(line, invoice),
    ]


def _price(line: InvoiceLine, invoice: Invoice, user: Any) -> Fact:
    price = line.price
    if price is None:
        whose = gateway_name(invoice.gateway) if invoice.gateway else "somebody here"
        return Fact("Price", f"none of the catalog: {whose} entered the amount")
    tax = ", tax included" if price.tax_inclusive else ""
    each = words(price.unit_amount_minor, price.currency)
    return Fact(
        "Price",
        f"{price.tier.name} v{price.version}",
        url=link("catalog:show", price.tier.slug, user, "catalog.view"),
        note=f"{each} {interval_of(price)}{tax}",
    )


def _amount(line: InvoiceLine, invoice: Invoice) -> list[Fact]:
    """Quantity × price, and what stands between that and the net."""
    if line.unit_amount_minor is None:
        return [Fact("Amount", words(line.net_minor, invoice.currency), note="no price per unit is told")]
    whole = round_half_away(exact(line.quantity) * exact(line.unit_amount_minor))
    unit = unit_words(line.unit_amount_minor, invoice.currency)
    product = f"{quantity_words(line.quantity)} × {unit} = {words(whole, invoice.currency)}"
    told = [Fact("Quantity", product)]
    if line.is_proration:
        note = "taken back" if line.net_minor < 0 else "charged"
        part = Fact(
            "Prorated", words(line.net_minor, invoice.currency), note=f"{note} for the time that was left"
        )
        # Where more is moved than a whole period of this quantity, the product would explain nothing.
        return [*told, part] if abs(line.net_minor) <= abs(whole) else [part]
    inclusive = line.price is not None and line.price.tax_inclusive
    if whole == line.net_minor or (inclusive and whole == line.net_minor + line.tax_minor):
        return told
    less = words(line.net_minor, invoice.currency)
    return [*told, Fact("Net", less, note=f"{words(line.net_minor - whole, invoice.currency)} by discount")]


def _time(line: InvoiceLine) -> list[Fact]:
    if line.period_start is None or line.period_end is None:
        return [Fact("Period", "none: it is charged once")]
    days = (line.period_end.date() - line.period_start.date()).days
    return [Fact("Period", period_words(line), note=f"{days} days" if days != 1 else "1 day")]


def _tax(line: InvoiceLine, invoice: Invoice) -> Fact:
    treatment = TREATMENTS.get(str(invoice.bill_to.get("tax_treatment", "")), "")
    if line.tax_rate is None:
        if line.tax_minor:
            return Fact("Tax", words(line.tax_minor, invoice.currency), note="the rate is not told")
        return Fact("Tax", "none", note=treatment)
    of = words(line.net_minor, invoice.currency)
    return Fact(
        "Tax",
        f"{rate_words(line.tax_rate)} of {of} = {words(line.tax_minor, invoice.currency)}",
        note=treatment,
    )
