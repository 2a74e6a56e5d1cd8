"""What an invoice's page and its peek say: the document, what was paid on it, what is left, and why."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from billing.history.queries import timeline_of
from billing.invoices.models import CreditNote, Invoice
from billing.invoices.pending_models import PendingLine
from billing.invoices.queries import (
    credit_notes_of,
    is_overdue,
    lines_of,
    open_amount,
    tax_groups,
)
from billing.ledger.models import Posting
from billing.money import Money
from billing.payments.models import PaymentAllocation
from billing.payments.queries import gateway_name, method_words
from billing.refunds.models import Refund
from dashboard.actions.offers import offer
from dashboard.actions.related import booked, link, list_link
from dashboard.actions.timeline import Said, moments, register
from dashboard.invoices.explaining import evidence_of
from dashboard.invoices.giving_up import write_off_action
from dashboard.invoices.offering import collecting_actions, invoice_actions
from dashboard.invoices.papers import paper_actions
from dashboard.invoices.tables import address, state_to_show
from dashboard.invoices.why import because
from dashboard.invoices.wording import (
    TREATMENTS,
    country_words,
    period_words,
    quantity_words,
    rate_words,
    unit_words,
    words,
)
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Fact, Moment, Notice
from dashboard.queues.offers import work_actions, work_notices

#: Lines of the page that stand in full; further ones are named by their number.
MOST = 50
ADDRESS = ("line1", "line2")

register(
    "invoice",
    "credited",
    lambda entry: Said(
        f"{words(entry.amount_minor, entry.currency)} was credited" if entry.amount_minor else "Credited",
        "receipt-off",
    ),
)


register("invoice", "reissued", lambda entry: Said("Credited and issued anew", "replace"))


def context(invoice: Any, user: Any) -> dict[str, Any]:
    """Everything the page shows; as many queries for one line as for a hundred."""
    lines = lines_of(invoice)
    notes = credit_notes_of(invoice)
    paid = list(invoice.allocations.select_related("payment").order_by("created_at", "pk")[:MOST])
    refunds = refunds_of(paid)
    customer = invoice.customer
    return {
        "invoice": invoice,
        "shown_state": state_to_show(invoice),
        "name": name_of(customer),
        "customer_url": link("customers:show", customer.reference, user, "customers.view"),
        "facts": facts(invoice, user),
        "actions": [
            *collecting_actions(invoice, user),
            *paper_actions(invoice, user),
            *actions(invoice, paid, user),
            *invoice_actions(invoice, user),
            *write_off_action(invoice, user),
            *work_actions(user, "invoice", invoice.reference),
        ],
        "notices": [*notices(invoice), *work_notices("invoice", invoice.pk)],
        "document": document(invoice),
        "bill_to": bill_to(invoice),
        "evidence": evidence_of(invoice),
        "pending": waiting_for(invoice),
        "lines": [
            {
                "line": line,
                "quantity": quantity_words(line.quantity),
                "unit": unit_words(line.unit_amount_minor, invoice.currency)
                if line.unit_amount_minor is not None
                else "",
                "period": period_words(line),
                "rate": rate_words(line.tax_rate),
                "why": because(line, invoice, user),
            }
            for line in lines[: 4 * MOST]
        ],
        "more_lines": max(0, len(lines) - 4 * MOST),
        "groups": [(rate_words(group.rate), group) for group in tax_groups(lines, invoice.currency)],
        "settled": settled(invoice, paid, notes),
        "owed": open_amount(invoice) if invoice.state != "draft" else None,
        "paid": [
            (
                each,
                link("payments:show", each.payment.reference, user, "payments.view"),
                method_words(each.payment),
            )
            for each in paid
        ],
        "payments_url": list_link("payments:index", customer=customer.reference),
        "notes": [
            (
                note,
                note.reason.replace("_", " ").capitalize(),
                link("credit_notes:show", note.reference, user, "invoices.view"),
            )
            for note in notes
        ],
        "refunds": [
            (refund, link("refunds:show", refund.reference, user, "refunds.view")) for refund in refunds
        ],
        "refunds_url": list_link("refunds:index", customer=customer.reference),
        "postings": booked(
            Posting.objects.filter(
                Q(subject_kind="invoice", subject_id=invoice.pk)
                | Q(subject_kind="creditnote", subject_id__in=[note.pk for note in notes])
            )
        ),
        "ledger_of": "debits and credits of this invoice and its credit notes",
        "entries": story(invoice, notes),
    }


def refunds_of(paid: list[PaymentAllocation]) -> list[Refund]:
    """Refunds of the payments on it, newest first."""
    ids = [each.payment_id for each in paid]
    return list(Refund.objects.filter(payment__in=ids).order_by("-created_at", "-pk")[:MOST])


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


def actions(invoice: Invoice, paid: list[PaymentAllocation], user: Any) -> list[Action]:
    """One of ours is refunded by line, with a credit note; a gateway's through its payment, and with several
    of them one is chosen from the table."""
    if not invoice.gateway:
        if invoice.state not in ("open", "paid", "uncollectible") or not invoice.total_minor:
            return []
        return offer(
            user,
            "Refund or credit…",
            "refunds:of_invoice",
            [invoice.reference],
            permission="refunds.issue",
            icon="receipt-refund",
        )
    standing = [each.payment for each in paid if each.payment.state == "succeeded"]
    if len(standing) != 1:
        return []
    return offer(
        user,
        "Refund its payment…",
        "refunds:new",
        [standing[0].reference],
        permission="refunds.issue",
        icon="receipt-refund",
    )


def notices(invoice: Any) -> list[Notice]:
    """The sentence that changes what one does, where the state needs one."""
    today = timezone.localdate()
    if invoice.state == "draft":
        return [
            Notice(
                "This is a draft: it has no number, and its lines may still change",
                "Nothing is owed and nothing is posted before it is issued.",
                "idle",
            )
        ]
    if is_overdue(invoice, today):
        days = (today - invoice.due_on).days
        late = "1 day" if days == 1 else f"{days} days"
        owed = open_amount(invoice)
        return [Notice(f"{words(owed.minor, owed.currency)} is {late} late", "", "wait")]
    anew = getattr(invoice, "corrected_by", None)
    if anew is not None:
        return [
            Notice(
                f"This invoice was credited and issued anew as {anew.label}",
                "It stays as it was issued; what is owed is owed on the new one.",
                "look",
                "replace",
                address(anew),
                f"Open {anew.label}",
            )
        ]
    if invoice.state == "void":
        return [
            Notice(
                "This invoice was voided: nothing is owed on it",
                "The number stays in the series, and its posting was taken back.",
                "idle",
            )
        ]
    if invoice.state == "uncollectible":
        return [
            Notice(
                "This invoice was written off",
                "It is still owed; a payment that comes after all is booked as recovered.",
                "bad",
            )
        ]
    return []


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
    return rows


def bill_to(invoice: Invoice) -> dict[str, Any]:
    """The address as it was on the day of issue; it stays for the legal term when the person is erased."""
    held = invoice.bill_to
    town = " ".join(str(held[name]) for name in ("postal_code", "city") if held.get(name))
    rows = [
        *(held.get(name) for name in ADDRESS),
        town,
        held.get("region"),
        country_words(held.get("country")),
    ]
    return {
        "name": held.get("name") or "",
        "lines": [str(row) for row in rows if row],
        "tax_id": held.get("tax_id") or "",
    }


def settled(invoice: Any, paid: list[PaymentAllocation], notes: list[CreditNote]) -> list[tuple[str, Money]]:
    """What stands between the total and what is still open, each with its sum."""
    currency = invoice.currency
    rows: list[tuple[str, Money]] = []
    if invoice.paid_minor:
        count = len([each for each in paid if each.payment.state == "succeeded"])
        by = "1 payment" if count == 1 else f"{count} payments"
        rows.append((f"Paid by {by}", Money(invoice.paid_minor, currency)))
    if invoice.credited_minor:
        rows.append(("Credited before it was paid", Money(invoice.credited_minor, currency)))
    if invoice.balance_minor:
        rows.append(("Paid from the customer's balance", Money(invoice.balance_minor, currency)))
    covered = invoice.paid_minor + invoice.credited_minor + invoice.balance_minor
    if invoice.state == "paid" and covered < invoice.total_minor:
        # Paid from a balance at the gateway, or to our bank: no payment of the desk's says so.
        rows.append(("Settled without a payment here", Money(invoice.total_minor - covered, currency)))
    return rows


def waiting_for(invoice: Invoice) -> list[Fact]:
    """What waits for the customer's next invoice, in the currency of this one."""
    rows = PendingLine.objects.filter(customer=invoice.customer_id, currency=invoice.currency, invoice=None)
    return [
        Fact(row.description, Money(row.amount_minor, row.currency), note=row.get_kind_display())
        for row in rows.order_by("pk")[:10]
    ]


def story(invoice: Invoice, notes: list[CreditNote]) -> list[Moment]:
    """What happened to the invoice and its credit notes, newest first."""
    told = moments(timeline_of(invoice, also=notes))
    return told or [Moment("First seen", invoice.created_at, "circle-plus")]


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
