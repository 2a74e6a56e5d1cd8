"""Using units: one short transaction under the account's lock."""

from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Min

from billing.credits.earning import earn
from billing.credits.models import CreditLot, CreditUnit
from billing.credits.told import Moved, Short, as_json, check_amount, check_unit, other_content, told
from billing.errors import InvalidInput
from billing.history.actors import Actor
from billing.logs import add_facts, note_odd, service

__all__ = ["burn", "burn_units", "shortage"]

BURN = "SELECT * FROM billing_credit_burn(%s, %s, %s, %s, %s, %s, %s)"
NO_MORE_PERIODS = ("canceled", "expired")


@service("credits")
def burn(
    *,
    customer_id: int,
    unit: str,
    amount: int,
    actor: Actor,
    now: datetime,
    key: str,
    reason: str = "",
    subject: models.Model | tuple[str, int] | None = None,
) -> Moved | Short:
    """Uses units in burn order, or answers `Short` and writes nothing when there are not enough.

    ``subject`` is the usage that they pay. The same key with the same content gives the first answer again
    and uses nothing. What is used of a package that was sold becomes revenue in the same transaction.

    Raises `Conflict` for a key used for something else, `InvalidInput` for an amount or unit that cannot be.
    """
    check_unit(unit)
    check_amount(amount)
    if unit == CreditUnit.MONEY:
        raise InvalidInput("store_credit_is_posted", "Unit: store credit is used as store credit.")
    who = told(key=key, actor=actor, reason=reason, subject=subject, content=(customer_id, unit, amount))
    answer = burn_units(customer_id, unit, amount, who, actor=actor, now=now)
    if isinstance(answer, Short):
        add_facts(customer=customer_id, unit=unit, amount=amount, short=answer.missing)
    else:
        add_facts(customer=customer_id, unit=unit, amount=amount, balance=answer.balance_after)
    return answer


def burn_units(
    customer_id: int, unit: str, amount: int, who: dict[str, Any], *, actor: Actor, now: datetime
) -> Moved | Short:
    """One statement where nothing is to be posted; else again in a transaction with its posting."""
    found = _ask(customer_id, unit, "", amount, now, who, even_sold=False)
    if found[0] == "sold":
        with transaction.atomic():
            found = _ask(customer_id, unit, "", amount, now, who, even_sold=True)
            if found[0] == "done":
                earn(dict(zip(found[5], found[6], strict=True)), entry_id=found[1], actor=actor, now=now)
    outcome, entry, account, leaves, available, lots, amounts = found
    if outcome == "other_content":
        raise other_content(who["key"])
    if outcome in ("short", "no_account"):
        if outcome == "no_account":
            note_odd("credits.no_account", customer=customer_id, unit=unit, wanted=amount)
        return shortage(account, amount, available, now=now)
    parts = tuple(zip(lots, amounts, strict=True))
    return Moved(entry, account, -amount, leaves, parts, repeated=outcome == "repeated")


def _ask(
    customer_id: int,
    unit: str,
    currency: str,
    amount: int,
    now: datetime,
    who: dict[str, Any],
    *,
    even_sold: bool,
) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(BURN, [customer_id, unit, currency, amount, now, as_json(who), even_sold])
        return cursor.fetchone()


def shortage(account_id: int | None, wanted: int, available: int, *, now: datetime) -> Short:
    """What is missing, and when that may change."""
    if account_id is None:
        return Short(wanted, 0)
    lots = CreditLot.objects.filter(account_id=account_id)
    open_lots = lots.filter(is_open=True, remainder__gt=0, expires_at__gt=now)
    coming = (
        lots.filter(subscription__isnull=False, subscription__current_period_end__gt=now)
        .exclude(subscription__state__in=NO_MORE_PERIODS)
        .exclude(subscription__cancel_at_period_end=True)
    )
    return Short(
        wanted,
        available,
        open_lots.aggregate(at=Min("expires_at"))["at"],
        coming.aggregate(at=Min("subscription__current_period_end"))["at"],
    )
