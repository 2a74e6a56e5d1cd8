"""Granting credits, for every dialog that does: units, amounts, ends, and the form for many customers."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from billing.credits.approving import hold_run, verdict_on_many
from billing.credits.giving import Gift
from billing.credits.models import CreditSource, CreditUnit
from billing.errors import InvalidInput
from billing.history.actors import Actor
from billing.money import Money
from billing.payments.queries import currencies_in_use
from dashboard.actions import credit_words as words
from dashboard.actions.fields import AmountInput, ReasonField
from dashboard.lists.screen import BulkAction
from dashboard.parts.entries import Notice
from dashboard.parts.formatting import grouped
from dashboard.parts.viewer import current_locale

UNITS = [(CreditUnit.TOKENS.value, "Tokens"), (CreditUnit.AI_REQUESTS.value, "AI requests")]
MONEY = "money:"
WHOLE = "Amount: a whole number from 1, for example 12000."


def units_in(currencies: list[str]) -> list[tuple[str, str]]:
    """The units that can be granted: tokens, AI requests, and store credit in these currencies."""
    return [*UNITS, *((f"{MONEY}{code}", f"Store credit in {code}") for code in currencies)]


def unit_of(what: str) -> tuple[str, str]:
    """Unit and currency of a choice: ("money", "EUR"), ("tokens", "")."""
    if what.startswith(MONEY):
        return CreditUnit.MONEY.value, what.removeprefix(MONEY)
    return what, ""


def read_amount(text: str, what: str) -> tuple[int, str]:
    """Minor units with their currency, or units without one. Raises `ValidationError`."""
    currency = unit_of(what)[1]
    try:
        if currency:
            return Money.parse(text, currency, current_locale()).minor, currency
        # Yen have no minor units: their notation is that of whole numbers.
        return Money.parse(text, "JPY", current_locale()).minor, ""
    except InvalidInput as error:
        raise ValidationError(error.sentence if currency else WHOLE, code=error.code) from error


def end_of(day: date) -> datetime:
    """The moment after a last day, in the viewer's zone."""
    following = datetime.combine(day + timedelta(days=1), time.min)
    return timezone.make_aware(following, timezone.get_current_timezone())


def gift_of(cleaned: Any, reason: str = "") -> Gift:
    """What a filled form asks for."""
    unit, currency = unit_of(cleaned["what"])
    return Gift(
        unit=unit,
        amount=cleaned["minor"],
        reason=cleaned.get("reason") or reason,
        currency=currency,
        source=cleaned.get("source") or CreditSource.GOODWILL.value,
        expires_at=cleaned.get("expires_on"),
    )


class BulkGiveForm(forms.Form):
    """What each of many customers gets. What it gives is plain JSON, as a run keeps it."""

    what = forms.ChoiceField(label="Unit")
    amount = forms.CharField(label="Amount for each", widget=AmountInput)
    expires_on = forms.DateField(
        label="Last day",
        required=False,
        help_text="Empty: they do not end.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    reason = ReasonField("Reason")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["what"].choices = units_in(currencies_in_use())  # type: ignore[attr-defined]
        self.fields["amount"].error_messages["required"] = "Amount for each: enter how much to grant."

    def clean(self) -> dict[str, Any]:
        """The run's wishes: unit, amount in minor units, currency, source, expires_at and reason."""
        cleaned = super().clean() or {}
        asked: dict[str, Any] = {"reason": cleaned.get("reason", ""), "source": CreditSource.GOODWILL.value}
        if day := cleaned.get("expires_on"):
            if end_of(day) <= timezone.now():
                self.add_error("expires_on", "Last day: today or a day that is still to come, or none.")
            asked["expires_at"] = end_of(day).isoformat()
        if "amount" in cleaned and "what" in cleaned:
            asked["unit"], asked["currency"] = unit_of(cleaned["what"])
            try:
                asked["amount"] = read_amount(cleaned["amount"], cleaned["what"])[0]
            except ValidationError as error:
                self.add_error("amount", error)
        return asked


def asked_for(asked: Any) -> Gift | None:
    """The gift of a bulk form as far as it is filled; None while the amount is missing."""
    if not asked.get("amount") or not asked.get("unit"):
        return None
    return Gift.of_params(asked, asked.get("reason") or "")


def _effect(count: int, asked: Mapping[str, Any]) -> str:
    gift = asked_for(asked)
    if gift is None:
        return f"{grouped(count)} customers get the amount that you enter"
    each = words.amount(gift.unit, gift.currency, gift.amount)
    total = words.amount(gift.unit, gift.currency, gift.amount * count)
    return f"{grouped(count)} customers get {each} each, {total} in all"


def _warn(count: int, asked: Mapping[str, Any], actor: Actor) -> list[Any]:
    """That the total goes to a second person first."""
    gift = asked_for(asked)
    if gift is None:
        return []
    verdict = verdict_on_many(gift, max(count, 1), actor=actor, now=timezone.now())
    if not verdict.needed:
        return []
    return [
        Notice(
            "This goes to a second person first",
            f"{verdict.rule[:1].upper()}{verdict.rule[1:]}. Nothing is granted until they have decided.",
            "wait",
            "shield-check",
        )
    ]


GRANT = BulkAction(
    name="grant",
    label="Grant credits…",
    kind="credits.grant",
    permission="credits.grant",
    form=BulkGiveForm,
    effect=_effect,
    icon="coins",
    begin=lambda run, actor, now: hold_run(run=run, actor=actor, now=now),
    warn=_warn,
)
