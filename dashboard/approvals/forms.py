"""What a person decides about a request, and about limits."""

from typing import Any

from django import forms

from billing.approvals import rules
from billing.approvals.rules import ONE, PER_CUSTOMER, PER_DAY
from billing.money import Money, is_currency
from dashboard.actions.fields import MoneyField, ReasonField


class ApproveForm(forms.Form):
    """Yes, perhaps with a word beside it."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=rules.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, digest: str) -> None:
        super().__init__(data, initial={"seen": digest})


class RejectForm(forms.Form):
    reason = ReasonField("Reason", longest=rules.LONGEST_REASON)


class WithdrawForm(forms.Form):
    reason = ReasonField("Reason", longest=rules.LONGEST_REASON)


class LimitForm(forms.Form):
    """The three limits of a role for an action in one currency; an empty one is any amount."""

    reason = ReasonField("Reason")

    def __init__(self, data: Any = None, *, currency: str, now: dict[str, int | None]) -> None:
        super().__init__(data)
        self.currency = currency
        for scope, label in (
            (ONE, "At once"),
            (PER_DAY, "In a day"),
            (PER_CUSTOMER, "For one customer in 30 days"),
        ):
            self.fields[scope] = self._field(label, now.get(scope))
        self.order_fields([ONE, PER_DAY, PER_CUSTOMER, "reason"])

    def _field(self, label: str, minor: int | None) -> forms.Field:
        if is_currency(self.currency):
            initial = None if minor is None else Money(minor, self.currency)
            return MoneyField(currency=self.currency, label=label, required=False, initial=initial)
        return forms.IntegerField(label=label, required=False, min_value=0, max_value=10**15, initial=minor)

    def amounts(self) -> dict[str, int | None]:
        """Minor units by scope; None for any amount."""
        found = {scope: self.cleaned_data[scope] for scope in (ONE, PER_DAY, PER_CUSTOMER)}
        return {scope: each.minor if isinstance(each, Money) else each for scope, each in found.items()}
