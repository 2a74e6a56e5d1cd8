"""What acting on credits will do, told while the form is typed; writes nothing."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from billing.credits import rules
from billing.credits.giving import Gift, verdict_on
from billing.credits.models import CreditAccount, CreditEntry, CreditLot, CreditUnit
from billing.credits.queries import Standing, account_of, preview_burn, preview_reverse, standing_of
from billing.customers.models import Customer
from billing.errors import Refused
from billing.history.actors import Actor
from dashboard.actions import credit_words as words
from dashboard.actions.crediting import gift_of
from dashboard.credits.ledger import lot_words
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import full_moment

Told = list[Effect | Notice]
EMPTY = Standing(0, 0, 0, 0, None, 0)


def of_gift(form: Any, customer: Customer, actor: Actor) -> Told:
    """Balance, debt, end and books; first of all whether a second person is needed."""
    if not form.cleaned_data.get("minor"):
        return [Effect("Enter how much they get", "Then this side tells what will happen.", "coins")]
    now = timezone.now()
    gift = gift_of(form.cleaned_data, reason="…")
    try:
        gift.check(now)
    except Refused as refusal:
        return [Notice("This cannot be granted as it stands", refusal.sentence, "bad")]
    account = account_of(customer.pk, gift.unit, gift.currency)
    standing = standing_of(account, now=now) if account else EMPTY
    told: Told = [*_second_person(gift, customer.pk, actor, now)]
    told.append(
        Effect(
            f"{_words(gift, gift.amount)} are granted" if gift.unit != "money" else _granted(gift),
            f"The balance goes from {_words(gift, standing.balance)} to "
            f"{_words(gift, standing.balance + gift.amount)}.",
            "coins",
        )
    )
    told.append(_debt(gift, standing))
    told.append(_end(gift))
    told.append(_books(gift))
    told.append(Effect("No mail is sent from here", "The customer sees it in their account.", "mail"))
    return told


def button(form: Any) -> str:
    """The primary button repeats the amount."""
    cleaned = form.cleaned_data
    return f"Grant {_words(gift_of(cleaned), cleaned['minor'])}" if cleaned.get("minor") else "Grant"


def _words(gift: Gift, minor: int) -> str:
    return words.amount(gift.unit, gift.currency, minor)


def _granted(gift: Gift) -> str:
    return f"{_words(gift, gift.amount)} of store credit is granted"


def _second_person(gift: Gift, customer_id: int, actor: Actor, now: datetime) -> list[Notice]:
    verdict = verdict_on(gift, customer_id=customer_id, actor=actor, now=now)
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


def _debt(gift: Gift, standing: Standing) -> Effect:
    pays, left = rules.plan_grant(standing.owed, gift.amount)
    if not pays:
        return Effect("All of it can be used at once", "The customer owes no credits.", "circle-check")
    rest = f"{_words(gift, left)} can be used." if left else "Nothing of it can be used."
    owes = f" They still owe {_words(gift, standing.owed - pays)}." if standing.owed > pays else ""
    return Effect(f"{_words(gift, pays)} of it pays their debt first", f"{rest}{owes}", "alert-circle")


def _end(gift: Gift) -> Effect:
    if gift.expires_at is None:
        return Effect("It does not end", "It is used after everything that does.", "calendar-time")
    where = "goes back to goodwill" if gift.unit == CreditUnit.MONEY else "is taken"
    return Effect(
        f"It can be used until {full_moment(gift.expires_at)}", f"What is left then {where}.", "calendar-time"
    )


def _books(gift: Gift) -> Effect:
    if gift.unit == CreditUnit.MONEY:
        return Effect(
            f"The books show {_words(gift, gift.amount)} of goodwill",
            "Posted in the same moment to the customer's balance.",
            "scale",
        )
    return Effect("The books do not change", "Units that nobody paid for are no revenue.", "scale")


def of_taking(form: Any, lot: CreditLot, account: CreditAccount) -> Told:
    """Which lot loses how much, what is left of it, and where the money of store credit goes."""
    minor = form.minor
    if not minor:
        return [Effect("Enter how much is taken back", "", "arrow-back-up")]
    if minor > lot.remainder:
        held = words.of(account, lot.remainder)
        return [
            Notice("This cannot be taken", f"Only {held} of these credits is left; take that or less.", "bad")
        ]
    told: Told = [
        Effect(
            f"{lot_words(lot, account)}: loses {words.of(account, minor)}",
            f"{words.of(account, lot.remainder - minor)} of it is left.",
            "arrow-back-up",
        ),
        _balance(account, -minor),
    ]
    if account.is_money:
        told.append(Effect(f"The books take {words.of(account, minor)} of goodwill back", "", "scale"))
    elif lot.sold_minor or lot.paid_for:
        told.append(
            Notice(
                "The customer paid for these", "Taking them back refunds nothing: see the payment.", "look"
            )
        )
    return told


def of_moving(form: Any, lot: CreditLot, account: CreditAccount) -> Told:
    until = form.cleaned_data.get("expires_on")
    if not isinstance(until, datetime):
        return [Effect("Choose the new last day", "", "calendar-time")]
    if until <= timezone.now():
        return [Notice("This day has passed", "Choose today or a later day.", "bad")]
    before = full_moment(lot.expires_at) if lot.expires_at else "no end"
    return [
        Effect(
            f"{words.of(account, lot.remainder)} can be used until {full_moment(until)}",
            f"Before: {before}.",
            "calendar-time",
        ),
        Effect("The order of use may change", "What ends sooner is used first.", "repeat"),
        Effect("The balance stays", words.of(account, account.balance), "scale"),
    ]


def of_transfer(form: Any, account: CreditAccount, targets: dict[str, CreditAccount]) -> Told:
    """Which lots give how much, and what arrives."""
    amount, to = form.cleaned_data.get("amount"), targets.get(form.cleaned_data.get("to", ""))
    if not amount or to is None:
        return [Effect("Enter how many leave", "Then this side tells which lots give them.", "arrow-right")]
    amount = int(amount)
    plan = preview_burn(account, amount, now=timezone.now())
    if plan.missing:
        short = f"{words.of(account, plan.missing)} are missing."
        return [Notice("There are not enough", f"{words.of(account, plan.taken)} can leave; {short}", "bad")]
    lots = {lot.pk: lot for lot in CreditLot.objects.filter(pk__in=[part.lot_id for part in plan.parts])}
    arrives = int(form.cleaned_data.get("arrives") or amount)
    owed = standing_of(to, now=timezone.now()).owed
    pays, _left = rules.plan_grant(owed, arrives)
    told: Told = [
        Effect(
            f"{lot_words(lots[part.lot_id], account)}: gives {words.of(account, -part.amount)}",
            "",
            "arrow-right",
        )
        for part in plan.parts[:8]
    ]
    if len(plan.parts) > 8:
        told.append(Effect(f"and {len(plan.parts) - 8} more lots", "", "arrow-right"))
    told.append(Effect(f"{words.of(to, arrives)} arrive", "With the same ends as what left.", "coins"))
    if pays:
        told.append(Effect(f"{words.of(to, pays)} of it pays a debt there first", "", "alert-circle"))
    if arrives > amount:
        told.append(
            Effect(
                f"{words.of(to, arrives - amount)} more arrive than leave",
                "That much counts as given, and is held against your limit.",
                "shield-check",
            )
        )
    return told


def of_reversal(entry: CreditEntry, account: CreditAccount) -> Told:
    """What returns to which lots; or that a grant is taken back whole."""
    plan = preview_reverse(entry)
    if plan is None:
        return [
            Effect(f"{words.of(account, entry.amount)} are taken again", "Only while none is used.", "coins"),
            _balance(account, -entry.amount),
        ]
    lots = {lot.pk: lot for lot in CreditLot.objects.filter(pk__in=[part.lot_id for part in plan.parts])}
    told: Told = [
        Effect(
            f"{lot_words(lots[part.lot_id], account)}: gets {words.of(account, part.amount)} back",
            "",
            "arrow-back-up",
        )
        for part in plan.parts[:8]
    ]
    if plan.left_over:
        told.append(
            Effect(f"{words.of(account, plan.left_over)} come back as a lot of their own", "", "coins")
        )
    returned = sum(part.amount for part in plan.parts) + plan.left_over
    return [*told, _balance(account, returned)]


def _balance(account: CreditAccount, change: int) -> Effect:
    return Effect(
        f"The balance goes from {words.of(account, account.balance)} to "
        f"{words.of(account, account.balance + change)}",
        "",
        "scale",
    )
