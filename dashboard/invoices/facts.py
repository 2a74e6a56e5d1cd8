"""What an invoice is in a few facts: in the header of its page, at the head of the paper, in its peek."""

from typing import Any

from django.utils import timezone

from billing.invoices.models import Invoice
from billing.invoices.queries import open_amount
from billing.money import Money
from billing.payments.queries import gateway_name
from dashboard.actions.related import link
from dashboard.invoices.tables import address
from dashboard.invoices.wording import TREATMENTS
from dashboard.lists.names import name_of
from dashboard.parts.entries import Fact


def facts(invoice: Any, user: Any) -> list[Fact]:
    rows = [Fact("Issued by", issuer(invoice))]
    if invoice.state != "draft":
        rows += [
            Fact("Paid", Money(invoice.paid_minor, invoice.currency), url="#paid"),
            Fact("Still open", open_amount(invoice)),
            Fact("Issued", timezone.localtime(invoice.finalised_at).date() if invoice.finalised_at else None),
        ]
    if invoice.due_on:
        rows.append(Fact("Due", invoice.due_on))
    if invoice.corrects:
        url = link("invoices:show", invoice.corrects.reference, user, "invoices.view")
        rows.append(
            Fact("Corrects", invoice.corrects.label, url=url, note="it stands in the place of that one")
        )
    if invoice.outside_reference:
        rows.append(Fact("Paid from outside", invoice.outside_reference))
    if invoice.collect_at and invoice.state == "open":
        rows.append(Fact("Charged by itself", invoice.collect_at))
    if invoice.subscription:
        reference = invoice.subscription.reference
        rows.append(
            Fact(
                "Subscription",
                reference,
                url=link("subscriptions:show", reference, user, "subscriptions.view"),
            )
        )
    return rows


def issuer(invoice: Invoice) -> str:
    """Whose document it is: our own series, or a gateway's."""
    return f"{gateway_name(invoice.gateway)}, its own series" if invoice.gateway else "Us"


def document(invoice: Invoice) -> list[Fact]:
    """What stands at the head of the paper."""
    rows = []
    if invoice.state != "draft":
        rows.append(Fact("Number", invoice.label))
    if invoice.foreign_number:
        rows.append(
            Fact("Series", f"{gateway_name(invoice.gateway)}'s", note="with the sums that it computed")
        )
    rows.append(Fact("Reference", invoice.reference))
    if invoice.finalised_at:
        rows.append(Fact("Issued", timezone.localtime(invoice.finalised_at).date()))
    if invoice.due_on:
        rows.append(Fact("Due", invoice.due_on))
    told = invoice.treatment or str(invoice.bill_to.get("tax_treatment", ""))
    if treatment := TREATMENTS.get(told, ""):
        rows.append(Fact("Tax", treatment))
    elif invoice.tax_why:
        rows.append(Fact("Tax", "Several rates", note="each line says its own"))
    return rows


def pairs(invoice: Any, user: Any) -> list[Fact]:
    """The peek's facts."""
    customer = invoice.customer
    rows = [
        Fact(
            "Customer",
            name_of(customer)[0],
            url=link("customers:show", customer.reference, user, "customers.view"),
        ),
        Fact("Number", invoice.label, url=address(invoice)),
        Fact("Issued by", issuer(invoice)),
    ]
    if invoice.state != "draft":
        rows += [
            Fact("Paid", Money(invoice.paid_minor, invoice.currency)),
            Fact("Still open", open_amount(invoice)),
        ]
    if invoice.due_on:
        rows.append(Fact("Due", invoice.due_on))
    rows.append(Fact("Created", invoice.created_at))
    return rows
