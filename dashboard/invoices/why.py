"""Why a line of an invoice costs what it costs: from what was kept with it, else derived, in sentences."""

from decimal import Decimal
from typing import Any

from billing.invoices.models import Invoice, InvoiceLine
from billing.money import exact, round_half_away
from billing.payments.queries import gateway_name
from billing.subscriptions.listing import interval_of
from dashboard.actions.related import link
from dashboard.invoices.explaining import sums_of, tax_of
from dashboard.invoices.wording import TREATMENTS, period_words, quantity_words, rate_words, unit_words, words
from dashboard.parts.entries import Fact


def because(line: InvoiceLine, invoice: Invoice, user: Any = None) -> list[Fact]:
    """The price and its version, how often, for which time, what changed the sum, and which tax."""
    return [
        _price(line, invoice, user),
        *(_kept(line, invoice) if line.why else _amount(line, invoice)),
        *_time(line),
        _tax(line, invoice),
        *tax_of(line, invoice),
    ]


def _kept(line: InvoiceLine, invoice: Invoice) -> list[Fact]:
    """The product, where a price was multiplied, and what was kept of the sums that followed."""
    return [*_product(line, invoice), *sums_of(line, invoice)]


def _product(line: InvoiceLine, invoice: Invoice) -> list[Fact]:
    if line.unit_amount_minor is None:
        return []
    whole = round_half_away(exact(line.quantity) * exact(line.unit_amount_minor))
    unit = unit_words(line.unit_amount_minor, invoice.currency)
    return [Fact("Quantity", f"{quantity_words(line.quantity)} × {unit} = {words(whole, invoice.currency)}")]


def _price(line: InvoiceLine, invoice: Invoice, user: Any) -> Fact:
    price = line.price
    if line.kind == "usage" and "meter" in line.why:
        return _of_usage(line)
    if price is None:
        whose = gateway_name(invoice.gateway) if invoice.gateway else "somebody here"
        return Fact("Price", f"none of the catalog: {whose} entered the amount")
    tax = ", tax included" if price.tax_inclusive else ""
    each = words(price.unit_amount_minor, price.currency)
    return Fact(
        "Price",
        f"{price.tier.name} v{line.why.get('price_version', price.version)}",
        url=link("catalog:show", price.tier.slug, user, "catalog.view"),
        note=f"{each} {interval_of(price)}{tax}",
    )


def _of_usage(line: InvoiceLine) -> Fact:
    """What was used, what of it was included, and what the rest costs."""
    kept = line.why
    units = f"{int(kept.get('per_units', 1)):,} units" if int(kept.get("per_units", 1)) > 1 else "unit"
    used = quantity_words(Decimal(str(kept.get("used", "0"))))
    return Fact(
        "Price",
        f"{kept.get('each', '')} for each {units} of {kept['meter']}",
        note=f"{used} used, the first {int(kept.get('included', 0)):,} included",
    )


def _amount(line: InvoiceLine, invoice: Invoice) -> list[Fact]:
    """Quantity × price, and what stands between that and the net."""
    if line.unit_amount_minor is None:
        return [Fact("Amount", words(line.net_minor, invoice.currency), note="no price per unit is told")]
    whole = round_half_away(exact(line.quantity) * exact(line.unit_amount_minor))
    told = _product(line, invoice)
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
    told = line.treatment or str(invoice.bill_to.get("tax_treatment", ""))
    treatment = TREATMENTS.get(told, "")
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
