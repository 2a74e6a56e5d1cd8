"""What refunding will do, told while the form is typed; writes nothing."""

from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from billing.approvals.services import judge
from billing.errors import Refused
from billing.history.actors import Actor
from billing.messages.words import Note, Value
from billing.money import Money, format_amount, format_money
from billing.payments.models import Payment
from billing.payments.queries import gateway_name, method_words
from billing.refunds import rules
from billing.refunds.approving import ACTION
from billing.refunds.queries import Refundable, balance_part, payment_facts
from dashboard.actions.letters import letter_effects
from dashboard.actions.related import link
from dashboard.parts.entries import Effect, Letter, Notice
from dashboard.parts.viewer import current_locale

#: A refund has its reference once it is made.
NOT_YET = "REF-…"
GONE_AS = {
    "refund": "went back or is held as",
    "dispute": "is taken by",
    "credit_note": "is the customer's by",
}


def words(money: Money) -> str:
    """The amount in the viewer's notation: 1,284.30 EUR."""
    return format_money(money, current_locale())


def figure(money: Money) -> str:
    """The bare figure in the viewer's notation, as the amount field takes it: 1,284.30."""
    return format_amount(money.minor, money.currency, current_locale())


def button(form: Any) -> str:
    """The primary button repeats the amount."""
    amount = form.cleaned_data.get("amount")
    return f"Refund {words(amount)}" if amount else "Refund"


def of_refund(
    form: Any, payment: Payment, refundable: Refundable, actor: Actor
) -> list[Effect | Notice | Letter]:
    """Money, documents, access and mail, as far as the form goes."""
    amount = form.cleaned_data.get("amount")
    if amount is None:
        return [Effect("Enter how much goes back", "Then this side tells what will happen.", "arrow-back-up")]
    try:
        rules.check_refund(amount, left=refundable.left, payment=payment_facts(payment), reason="goodwill")
    except Refused as refusal:
        return [Notice("This cannot be sent as it stands", refusal.sentence, "bad")]
    told: list[Effect | Notice | Letter] = [
        Effect(
            f"{words(amount)} goes back to {method_words(payment)}", time_and_fee(payment), "arrow-back-up"
        ),
        _left(amount, refundable),
        Effect(_books(amount, payment), "Posted as refunds in transit until the money has gone.", "scale"),
        Effect(
            "Invoices stay as they are",
            "No credit note is made; tax reports count the whole invoice. Refund the invoice for one.",
            "file-invoice",
        ),
        Effect("Access does not change", "Subscriptions go on as before.", "repeat"),
    ]
    verdict = judge(ACTION, amount, customer_id=payment.customer_id, actor=actor, now=timezone.now())
    if verdict.needed:
        told.insert(
            0,
            Notice(
                "This goes to a second person first",
                f"{verdict.rule[:1].upper()}{verdict.rule[1:]}. The amount is held until they have decided; "
                "you see the answer on the refund's page.",
                "wait",
                "shield-check",
            ),
        )
    return [*told, *_mail(form, payment, amount, waits=verdict.needed)]


def time_and_fee(payment: Payment) -> str:
    """How long it takes, and whether the gateway keeps its fee."""
    through = gateway_name(payment.gateway)
    if payment.fee_minor is None:
        return f"5 to 10 days by the bank. Whether {through} keeps its fee is unknown."
    fee = Money(payment.fee_minor, payment.currency)
    kept = f" The fee of {words(fee)} stays with {through}." if fee.minor else ""
    return f"5 to 10 days by the bank.{kept}"


def _left(amount: Money, refundable: Refundable) -> Effect:
    left = refundable.left - amount
    if left.is_zero:
        return Effect("Nothing is left to refund after this", "", "circle-check")
    return Effect(f"{words(left)} can still be refunded after this", "", "circle-half-2")


def _books(amount: Money, payment: Payment) -> str:
    """Which account it is taken from."""
    ours = balance_part(payment, amount)
    if ours.is_zero:
        return f"{words(amount)} of refunds granted"
    if ours == amount:
        return f"{words(amount)} off the customer's balance"
    return f"{words(ours)} off the customer's balance, {words(amount - ours)} of refunds granted"


def _mail(form: Any, payment: Payment, amount: Money, *, waits: bool) -> list[Effect | Notice | Letter]:
    """The letter in the customer's language, or that none is sent; and where their note is seen."""
    note = form.cleaned_data.get("note_to_customer") or ""
    facts: dict[str, Value] = {"amount": amount, "reference": NOT_YET, "note": Note(note)}
    letter = letter_effects(form, "refund_promised", payment.customer, facts, waits=waits)
    seen = Effect("The customer sees your note", "Beside the refund, in their own view.", "note")
    return [*([seen] if note else []), *letter]


def because(refundable: Refundable) -> SafeString:
    """Refundable 84.30 of 99.00 EUR, because 14.70 went back as REF-…."""
    whole = format_html(
        'Refundable <b class="strong tnum">{}</b> of {}', words(refundable.left), words(refundable.captured)
    )
    if not refundable.parts:
        return format_html("{}: nothing has gone back yet.", whole)
    reasons = format_html_join(
        ", ",
        '{} <a class="link ref" href="{}">{}</a>',
        (
            (
                f"{words(part.amount)} {GONE_AS[part.kind]}",
                link(f"{part.kind}s:show", part.reference),
                part.reference,
            )
            for part in refundable.parts
        ),
    )
    return format_html("{}, because {}.", whole, reasons)
