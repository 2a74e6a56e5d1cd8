"""What can be done to an invoice now, and in a sentence what speaks against the rest."""

from typing import Any

from billing.invoices.queries import open_amount
from billing.payments.models import Payment, PaymentAllocation
from dashboard.actions.offers import offer
from dashboard.parts.entries import Action

OWED = ("open", "uncollectible")


def refusals(invoice: Any) -> dict[str, str]:
    """What speaks against each act; empty text where nothing does. Three short queries at most."""
    named = invoice.label
    if invoice.gateway:
        there = f"{named} was issued at the gateway. Do it there; the desk follows."
        return dict.fromkeys(("void", "correct", "outside", "finalise", "discard", "send"), there)
    draft = invoice.state == "draft"
    issued = f"{named} is issued and frozen: void, credit or correct it instead."
    found = {"finalise": "" if draft else issued, "discard": "" if draft else issued}
    if draft:
        not_yet = f"{named} is a draft: nothing has been issued."
        return found | dict.fromkeys(("void", "correct", "outside", "send"), not_yet)
    live = Payment.objects.filter(invoice=invoice.pk, is_live=True).exists()
    under_way = f"A payment of {named} is under way. Wait until it is known what came of it." if live else ""
    found["void"] = _why_not_void(invoice) or under_way
    found["correct"] = _why_not_correct(invoice) or under_way
    nothing = "" if invoice.state in OWED and open_amount(invoice).minor else f"Nothing is open on {named}."
    found["outside"] = nothing or under_way
    found["send"] = f"{named} is void: there is nothing to send." if invoice.state == "void" else ""
    return found


def _why_not_void(invoice: Any) -> str:
    if invoice.state == "void":
        return f"{invoice.label} is void already."
    paid = PaymentAllocation.objects.filter(invoice=invoice.pk, payment__state="succeeded").exists()
    if paid or invoice.state == "paid":
        return f"{invoice.label} has been paid, in whole or in part. Credit it instead."
    if invoice.credit_notes.filter(voided_at=None).exists():
        return f"{invoice.label} has a credit note. Credit the rest instead."
    return ""


def _why_not_correct(invoice: Any) -> str:
    if invoice.state == "void":
        return f"{invoice.label} is void: there is nothing to correct."
    anew = getattr(invoice, "corrected_by", None)
    if anew is not None:
        return f"{invoice.label} was issued anew as {anew.label}. Correct that one instead."
    if not invoice.total_minor:
        return f"{invoice.label} comes to nothing, so there is nothing to credit."
    if sum(note.total_minor for note in invoice.credit_notes.filter(voided_at=None)) >= invoice.total_minor:
        return f"{invoice.label} has been credited in full. See its credit notes."
    return ""


def invoice_actions(invoice: Any, user: Any) -> list[Action]:
    """For the header of the page, the usual first; what is rare stands in its menu."""
    if invoice.gateway:
        return []
    no = refusals(invoice)
    wanted: list[tuple[str, str, str, str]]
    if invoice.state == "draft":
        wanted = [
            ("finalise", "Issue…", "circle-check", "primary"),
            ("discard", "Discard…", "trash", "quiet"),
        ]
    else:
        wanted = [
            ("outside", "Mark as paid…", "building-bank", "quiet"),
            ("correct", "Correct and issue anew…", "replace", "quiet"),
            ("void", "Void…", "ban", "quiet"),
        ]
        if invoice.state not in OWED:
            wanted = wanted[1:]
    found: list[Action] = []
    if invoice.state not in ("draft", "void"):
        found += offer(
            user, "Send…", "invoices:send", [invoice.reference], permission="messages.resend",
            refusal=no["send"], icon="mail",
        )  # fmt: skip
    for name, label, icon, kind in wanted:
        found += offer(
            user, label, f"invoices:{name}", [invoice.reference], permission="invoices.change",
            refusal=no[name], icon=icon, kind=kind,
        )  # fmt: skip
    return found


def collecting_actions(invoice: Any, user: Any) -> list[Action]:
    """Charging, and a link by which the customer pays: of an open invoice of ours."""
    if invoice.gateway or invoice.state != "open" or not open_amount(invoice).minor:
        return []
    return [
        *offer(
            user, "Charge now…", "payments:charge", [invoice.reference], permission="payments.charge",
            icon="credit-card", kind="primary",
        ),
        *offer(
            user, "Payment link…", "payments:link_new", [invoice.reference], permission="payments.charge",
            icon="link", kind="quiet",
        ),
    ]  # fmt: skip
