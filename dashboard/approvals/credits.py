"""What a request for credits is decided by: what it gives, and what the customer has and got."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from billing.approvals.models import Approval
from billing.credits import rules
from billing.credits.giving import MONEY, UNITS, Gift
from billing.credits.listing import accounts_for_list, entries_by_hand
from billing.credits.queries import account_of, standing_of
from dashboard.actions import credit_words as words
from dashboard.actions.related import link
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import full_moment, grouped

CREDIT_ACTIONS = (UNITS, MONEY)
EARLIER = timedelta(days=90)
MOST = 10


def about_credits(approval: Approval, user: Any) -> dict[str, Any]:
    """Balances and earlier gifts by hand of the customer; a bulk grant has its run instead."""
    if approval.target_kind == "run":
        return {"run_url": link("runs:show", str(approval.target_id))}
    accounts = accounts_for_list().filter(customer=approval.target_id).order_by("currency", "unit")
    since = timezone.now() - EARLIER
    gifts = entries_by_hand().filter(account__customer=approval.target_id, movement="grant", at__gte=since)
    return {
        "about_credits": True,
        "accounts": [
            {
                "title": words.title(each),
                "balance": words.figure(each, each.balance),
                "owed": words.of(each, each.owed) if each.owed else "",
                "url": link("credits:show", str(each.pk), user, "credits.view"),
            }
            for each in accounts[:MOST]
        ],
        "gifts": [
            {"entry": each, "amount": words.of(each.account, each.amount), "source": each.source}
            for each in gifts.order_by("-at", "-pk")[:MOST]
        ],
    }


def effects_of_credits(approval: Approval) -> list[Effect | Notice]:
    """What a yes does to the customer's account, or to each customer of a bulk grant."""
    gift = Gift.of_params(approval.params, approval.reason)
    each = words.amount(gift.unit, gift.currency, gift.amount)
    told: list[Effect | Notice] = []
    if approval.target_kind == "run":
        many = grouped(approval.params.get("customers", 0))
        told.append(
            Effect(f"{many} customers get {each} each", "One by one, with a result for each.", "coins")
        )
    else:
        told += _for_one(approval, gift, each)
    told.append(_end(gift.expires_at))
    if gift.unit == "money":
        told.append(Effect("The books show goodwill", "Posted to the customer's balance.", "scale"))
    return [*told, Effect("Your name stands beside it", "In the history, with your note.", "shield-check")]


def _for_one(approval: Approval, gift: Gift, each: str) -> list[Effect]:
    account = account_of(approval.target_id, gift.unit, gift.currency)
    standing = standing_of(account, now=timezone.now()) if account else None
    balance, owed = (standing.balance, standing.owed) if standing else (0, 0)
    said = [words.amount(gift.unit, gift.currency, minor) for minor in (balance, balance + gift.amount)]
    told = [Effect(f"{each} are granted", f"The balance goes from {said[0]} to {said[1]}.", "coins")]
    pays, _left = rules.plan_grant(owed, gift.amount)
    if pays:
        paid = words.amount(gift.unit, gift.currency, pays)
        told.append(Effect(f"{paid} of it pays their debt first", "", "alert-circle"))
    return told


def _end(until: datetime | None) -> Effect:
    if until is None:
        return Effect("It does not end", "", "calendar-time")
    return Effect(f"It can be used until {full_moment(until)}", "", "calendar-time")
