"""Refunding many payments from their list: what it asks, what it previews, and how it begins."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from billing.approvals.services import judge
from billing.errors import Refused
from billing.history.actors import Actor
from billing.messages.composing import preview as written
from billing.messages.words import Note, Value
from billing.money import Money, format_money
from billing.payments.models import Payment
from billing.refunds import rules
from billing.refunds.approving import ACTION
from billing.refunds.bulk import REFUND_MANY, Foreseen, begin_bulk, foresee
from billing.refunds.models import RefundReason
from dashboard.actions.letters import NAME, WritesToCustomer, letter_of
from dashboard.lists.screen import BulkAction
from dashboard.parts.entries import Effect, Letter, Notice
from dashboard.parts.formatting import grouped
from dashboard.parts.viewer import current_locale

__all__ = ["REFUND_PAYMENTS"]


class RefundManyForm(WritesToCustomer, forms.Form):
    """How much of each goes back, why, and whether their customers are written to."""

    share = forms.ChoiceField(
        label="How much of each",
        choices=[("whole", "All that is left of it"), ("percent", "A percentage of what it brought")],
        initial="whole",
        widget=forms.RadioSelect,
    )
    percent = forms.IntegerField(
        label="Percent", min_value=1, max_value=100, required=False, help_text="Whole percent, 1 to 100."
    )
    reason = forms.ChoiceField(label="Reason", choices=[("", "Choose a reason"), *RefundReason.choices])
    note_internal = forms.CharField(
        label="Note for us",
        required=False,
        max_length=rules.LONGEST_INTERNAL,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    note_to_customer = forms.CharField(
        label="Note to the customers",
        required=False,
        max_length=rules.LONGEST_TO_CUSTOMER,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    field_order = ("share", "percent", "reason", "note_internal", "note_to_customer", "write_to_customer")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("share") == "percent" and not found.get("percent"):
            self.add_error("percent", "Percent: enter how much of each goes back, 1 to 100.")
        if found.get("reason") == "other" and not found.get("note_internal", "").strip():
            self.add_error("note_internal", 'Note for us: with the reason "Other", say here what it is.')
        return found


def preview(rows: Any, asked: Mapping[str, Any], actor: Actor, now: Any) -> list[Effect | Notice | Letter]:
    """Totals by currency, which give back nothing and why, and whether a second person is asked first."""
    share = asked.get("share", "whole")
    if share == "percent" and not asked.get("percent"):
        return [Notice("Enter the percentage", "Then this side tells the sum.", "wait")]
    payments = list(rows)
    foreseen = foresee(payments, {"share": share, "percent": asked.get("percent")})
    sums = foreseen.totals
    told: list[Effect | Notice | Letter] = []
    if len(sums) > 1:
        told.append(
            Effect(
                f"{len(sums)} runs begin together, one for each currency",
                f"Limits hold for each of {', '.join(sorted(sums))}, and so does a second person's yes.",
                "list-details",
            )
        )
    for currency, (count, total) in sorted(sums.items()):
        try:
            verdict = judge(ACTION, total, customer_id=None, actor=actor, now=now)
        except Refused as refusal:
            told.append(Notice(refusal.sentence, "", "bad"))
            continue
        if verdict.needed:
            told.append(
                Notice(
                    "This goes to a second person first",
                    f"{verdict.rule[:1].upper()}{verdict.rule[1:]}. All of the {currency} waits for one yes.",
                    "wait",
                    "shield-check",
                )
            )
        money = format_money(total, current_locale())
        told.append(
            Effect(f"{money} goes back", f"{grouped(count)} payments in {currency}.", "arrow-back-up")
        )
    told += _notes(foreseen)
    if not sums:
        told.insert(0, Notice("None of these payments has anything left to refund", "", "bad"))
    for why, references in sorted(foreseen.left_out.items()):
        told.append(Effect(f"{grouped(len(references))} left out: {why}", some_of(references), "info-circle"))
    return [*told, *_letters(payments, foreseen.amounts, asked)]


def _notes(foreseen: Foreseen) -> list[Effect | Notice | Letter]:
    """How many credit notes are made, and how many payments go back without one."""
    noted, plain = len(foreseen.through), len(foreseen.amounts) - len(foreseen.through)
    told: list[Effect | Notice | Letter] = []
    if noted:
        told.append(
            Effect(
                f"{grouped(noted)} credit note{'' if noted == 1 else 's'} will be made",
                "Each over the lines of the invoice that was paid, in proportion, with their tax.",
                "receipt-off",
            )
        )
    if plain:
        told.append(
            Effect(
                f"{grouped(plain)} go{'es' if plain == 1 else ''} back by amount, without a credit note",
                "They did not pay just one invoice of ours, in full.",
                "info-circle",
            )
        )
    return told


def some_of(references: Sequence[str], shown: int = 3) -> str:
    """The first of them, and how many more there are."""
    named, more = ", ".join(references[:shown]), len(references) - shown
    return f"{named} and {grouped(more)} more" if more > 0 else named


def _letters(
    payments: Sequence[Payment], amounts: Mapping[int, Money], asked: Mapping[str, Any]
) -> list[Effect | Notice | Letter]:
    """Whether customers are written to, and the letter that the first of them would get."""
    if not asked.get(NAME):
        return [Effect("No mail is sent from here", "The gateway may send its own receipts.", "mail")]
    first = next((payment for payment in payments if payment.pk in amounts), None)
    if first is None:
        return []
    facts: dict[str, Value] = {
        "amount": amounts[first.pk],
        "reference": "REF-…",
        "note": Note(asked.get("note_to_customer") or ""),
    }
    return [
        Effect("A mail for each refund, in the customer's own language", "The first of them reads:", "mail"),
        letter_of(written("refund_promised", first.customer, facts)),
    ]


REFUND_PAYMENTS = BulkAction(
    name="refund",
    label="Refund payments…",
    kind=REFUND_MANY,
    permission="refunds.issue",
    form=RefundManyForm,
    effect=lambda count, asked: f"{grouped(count)} payments are refunded through their gateways",
    icon="receipt-refund",
    most=1_000,
    begin=begin_bulk,
    preview=preview,
)
