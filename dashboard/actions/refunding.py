"""Refunding many payments from their list: what it asks, what it previews, and how it begins."""

from collections.abc import Mapping
from typing import Any

from django import forms

from billing.approvals.services import judge
from billing.errors import Refused
from billing.history.actors import Actor
from billing.money import format_money
from billing.refunds import rules
from billing.refunds.approving import ACTION
from billing.refunds.bulk import REFUND_MANY, begin_bulk, totals
from billing.refunds.models import RefundReason
from dashboard.lists.screen import BulkAction
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import grouped
from dashboard.parts.viewer import current_locale

__all__ = ["REFUND_PAYMENTS"]


class RefundManyForm(forms.Form):
    """How much of each goes back, and why."""

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

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("share") == "percent" and not found.get("percent"):
            self.add_error("percent", "Percent: enter how much of each goes back, 1 to 100.")
        if found.get("reason") == "other" and not found.get("note_internal", "").strip():
            self.add_error("note_internal", 'Note for us: with the reason "Other", say here what it is.')
        return found


def preview(rows: Any, asked: Mapping[str, Any], actor: Actor, now: Any) -> list[Effect | Notice]:
    """Totals by currency, how many give back nothing, and whether a second person is asked first."""
    share = asked.get("share", "whole")
    if share == "percent" and not asked.get("percent"):
        return [Notice("Enter the percentage", "Then this side tells the sum.", "wait")]
    payments = list(rows)
    sums = totals(payments, {"share": share, "percent": asked.get("percent")})
    told: list[Effect | Notice] = []
    if len(sums) > 1:
        told.append(
            Notice(
                "Narrow the list to one currency",
                f"These are in {', '.join(sorted(sums))}, and limits hold for each.",
                "bad",
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
                    f"{verdict.rule[:1].upper()}{verdict.rule[1:]}. All of it waits for one yes.",
                    "wait",
                    "shield-check",
                )
            )
        money = format_money(total, current_locale())
        told.append(
            Effect(f"{money} goes back", f"{grouped(count)} payments in {currency}.", "arrow-back-up")
        )
    nothing = len(payments) - sum(count for count, _ in sums.values())
    if nothing:
        told.append(
            Effect(f"{grouped(nothing)} give back nothing", "Each says why in its result.", "info-circle")
        )
    return told


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
