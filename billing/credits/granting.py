"""Giving units: one lot at a time, or a whole renewal's at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, models, transaction

from billing.credits.earning import earn_at_once
from billing.credits.models import CreditAccount, CreditLot, CreditSource, CreditUnit
from billing.credits.telling import tell
from billing.credits.told import Moved, as_json, check_amount, check_unit, other_content, told
from billing.customers.models import Customer
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.logs import add_facts, note_odd, service
from billing.money import Money

__all__ = ["Cause", "Renewal", "grant", "grant_many", "write_grant"]

GRANT = "SELECT * FROM billing_credit_grant(%s, %s, %s, %s, %s, %s, %s)"
GRANT_MANY = "SELECT billing_credit_grant_many(%s, %s, %s, %s, %s, %s, %s, %s, %s::date[], %s, %s, %s)"
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a subscription is granted units: which period, which kind of grant, and at an upgrade which change.

    At a renewal ``cause`` is empty. The same four facts are granted once, whoever asks.
    """

    subscription_id: int
    period: date
    kind: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Renewal:
    """One row of `grant_many`."""

    customer_id: int
    amount: int
    cause: Cause
    expires_at: datetime | None = None


@service("credits")
def grant(
    *,
    customer_id: int,
    unit: str,
    amount: int,
    source: str,
    actor: Actor,
    now: datetime,
    key: str,
    reason: str = "",
    expires_at: datetime | None = None,
    priority: int = 100,
    sold: Money | None = None,
    of: Cause | None = None,
    cause: str = "",
    kind: str = "",
    subject: models.Model | tuple[str, int] | None = None,
) -> Moved:
    """Gives a customer units as one lot; a debt of theirs is paid from it first.

    ``of`` names the subscription's period that it belongs to, ``cause`` and ``kind`` any other origin, such
    as the invoice and the slug of a package: each is granted once. ``sold`` is what a package cost without
    tax, whose revenue then follows its use. The same key with the same content gives the first answer again.

    Raises `Conflict` for a grant made before under another key and for a key used for something else,
    `InvalidInput` for an amount, unit or date that cannot be, `Missing` for an unknown customer.
    """
    check_unit(unit)
    check_amount(amount)
    if source not in CreditSource.values or source == CreditSource.DEBT:
        raise InvalidInput("source_unknown", f"Source: {source!r} is not one that grants.", field="source")
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(
            "expiry_in_the_past", "Expires: a moment that is still to come, or none.", field="expires_at"
        )
    if unit == CreditUnit.MONEY:
        raise InvalidInput("store_credit_is_posted", "Unit: store credit is given as store credit.")
    lot = {
        "source": source,
        "priority": priority,
        "expires_at": expires_at,
        "paid_for": source == CreditSource.PURCHASE,
        "sold_minor": sold.minor if sold else None,
        "sold_currency": sold.currency if sold else "",
        "subscription_id": of.subscription_id if of else None,
        "grant_period": of.period if of else None,
        "kind": of.kind if of else kind,
        "cause": of.cause if of else cause,
    }
    who = told(
        key=key,
        actor=actor,
        reason=reason,
        subject=subject or (("subscription", of.subscription_id) if of else None),
        content=(customer_id, unit, amount, lot),
    )
    add_facts(customer=customer_id, unit=unit, amount=amount, source=source)
    if actor.kind != "person" and not sold:
        return write_grant(customer_id, unit, "", amount, now, lot, who)
    with transaction.atomic():
        moved = write_grant(customer_id, unit, "", amount, now, lot, who)
        if sold and not moved.repeated:
            earn_at_once(moved, sold, actor=actor, now=now)
        if actor.kind == "person":
            tell(moved, "granted", actor=actor, now=now, reason=reason, source=source)
    return moved


def write_grant(
    customer_id: int, unit: str, currency: str, amount: int, now: datetime, lot: dict, who: dict
) -> Moved:
    """One call of the database's own function: account, lot, entry and debt under the account's lock."""
    if not Customer.objects.filter(pk=customer_id).exists():
        note_odd("credits.unknown_customer", customer=customer_id)
        raise Missing("customer_missing", "This customer is no longer here.")
    with connection.cursor() as cursor:
        cursor.execute(GRANT, [customer_id, unit, currency, amount, now, as_json(lot), as_json(who)])
        outcome, entry, account, leaves, lots, amounts, lot_id = cursor.fetchone()
    if outcome == "other_content":
        raise other_content(who["key"])
    if outcome == "granted_before":
        note_odd(
            "credits.granted_before",
            customer=customer_id,
            unit=unit,
            kind=lot["kind"],
            cause=lot["cause"],
            period=str(lot["grant_period"] or ""),
        )
        raise Conflict(
            "credits_granted_before",
            "These credits have been granted already for the same reason; nothing was added.",
            facts={"cause": lot["cause"], "kind": lot["kind"]},
        )
    parts = tuple(zip(lots, amounts, strict=True))
    return Moved(entry, account, amount, leaves, parts, repeated=outcome == "repeated", lot_id=lot_id)


@service("credits")
def grant_many(
    *,
    renewals: Sequence[Renewal],
    unit: str,
    actor: Actor,
    now: datetime,
    source: str = CreditSource.TIER_GRANT,
    priority: int = 100,
    reason: str = "",
) -> int:
    """Gives many subscriptions their period's units; says how many were new.

    Thousands go in one statement, each batch in a transaction of its own, and what was granted before is left
    out: a run that was killed, two runs at once, or a webhook in between grant nothing twice.
    """
    check_unit(unit)
    if unit == CreditUnit.MONEY:
        raise InvalidInput("store_credit_is_posted", "Unit: store credit is given as store credit.")
    for each in renewals:
        check_amount(each.amount)
        if each.expires_at is not None and each.expires_at <= now:
            raise InvalidInput("expiry_in_the_past", "Expires: a moment that is still to come, or none.")
    written = 0
    who = as_json(told(key="many", actor=actor, reason=reason))
    ordered = sorted(renewals, key=lambda each: each.customer_id)
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        causes = [each.cause for each in batch]
        with connection.cursor() as cursor:
            cursor.execute(
                GRANT_MANY,
                [
                    unit,
                    source,
                    priority,
                    now,
                    who,
                    [each.customer_id for each in batch],
                    [each.amount for each in batch],
                    [each.subscription_id for each in causes],
                    [each.period for each in causes],
                    [each.kind for each in causes],
                    [each.cause for each in causes],
                    [each.expires_at for each in batch],
                ],
            )
            written += cursor.fetchone()[0]
    add_facts(unit=unit, asked=len(renewals), written=written)
    return written


def lot_of(cause: Cause) -> CreditLot | None:
    """The lot that was granted for it, if it was."""
    return CreditLot.objects.filter(
        subscription_id=cause.subscription_id,
        grant_period=cause.period,
        kind=cause.kind,
        cause=cause.cause,
    ).first()


def account_or_none(customer_id: int, unit: str, currency: str = "") -> CreditAccount | None:
    return CreditAccount.objects.filter(customer_id=customer_id, unit=unit, currency=currency).first()
