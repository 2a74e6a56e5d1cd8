"""Whether somebody may do this alone: their limits, held against what they did before, under a lock."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import Sum

from billing.approvals import rules
from billing.approvals.defaults import defaults_for, has_default
from billing.approvals.models import ApprovalLimit, LimitUse
from billing.approvals.rules import Amount, Limit, Spent, Verdict, measured
from billing.history.actors import Actor

__all__ = ["judge", "return_use", "use"]


def judge(action: str, amount: Amount, *, customer_id: int | None, actor: Actor, now: datetime) -> Verdict:
    """What the limits say now; for showing it before the act. Takes no lock and promises nothing."""
    if actor.kind != "person":
        return Verdict(False, rules.NOT_A_PERSON)
    limits, limited = limits_of(action, amount.currency, actor.roles)
    spent = _spent(action, amount.currency, customer_id, actor, now)
    return rules.judge(amount, roles=actor.roles, limits=limits, limited_roles=limited, spent=spent)


def limits_of(action: str, currency: str, roles: Collection[str]) -> tuple[list[Limit], set[str]]:
    """The limits of these roles in this currency, and which of the roles have any for the action.

    Where nobody has set a limit for a role and an action, the defaults stand.
    """
    rows = list(ApprovalLimit.objects.filter(action=action, role__in=roles))
    was_set = {row.role for row in rows}
    found = [Limit(row.role, row.scope, _amount(row)) for row in rows if row.currency == currency]
    for role in set(roles) - was_set:
        found += defaults_for(role, action, currency)
    return found, was_set | {role for role in roles if has_default(role, action)}


def use(
    action: str,
    amount: Amount,
    *,
    subject: models.Model,
    customer_id: int | None,
    actor: Actor,
    now: datetime,
) -> Verdict:
    """The verdict, and when nobody else is needed, the use of the limit, written in the caller's transaction.

    Holds the person and then the customer until the transaction ends, so that requests sent at once are
    summed one after the other. Take it after the locks of the rows that the action is about.
    """
    lock_sums(action, customer_id, actor)
    verdict = judge(action, amount, customer_id=customer_id, actor=actor, now=now)
    if not verdict.needed and actor.kind == "person":
        _write(action, amount, subject, customer_id, actor.ref, now)
    return verdict


def return_use(*, subject: models.Model, now: datetime) -> None:
    """Gives back what the subject used of a limit, once: it came to nothing."""
    kind = subject._meta.model_name or ""
    rows = LimitUse.objects.filter(subject_kind=kind, subject_id=subject.pk)
    for row in rows.values("action", "actor_ref", "customer_id", "currency").annotate(
        left=Sum("amount_minor")
    ):
        if row["left"] > 0:
            back = measured(-row["left"], row["currency"])
            _write(row["action"], back, subject, row["customer_id"], row["actor_ref"], now)


def lock_sums(action: str, customer_id: int | None, actor: Actor) -> None:
    """One at a time for this person and action, then for this customer and action."""
    names = [f"limit:{action}:{actor.ref}"]
    if customer_id is not None:
        names.append(f"limit:{action}:customer:{customer_id}")
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _amount(limit: ApprovalLimit) -> Amount | None:
    return None if limit.limit_minor is None else measured(limit.limit_minor, limit.currency)


def _spent(action: str, currency: str, customer_id: int | None, actor: Actor, now: datetime) -> Spent:
    rows = LimitUse.objects.filter(action=action, currency=currency)
    of_actor = rows.filter(actor_ref=actor.ref, at__gt=now - rules.DAY)
    day = of_actor.aggregate(sum=Sum("amount_minor"))["sum"]
    customer = 0
    if customer_id is not None:
        of_customer = rows.filter(customer_id=customer_id, at__gt=now - rules.CUSTOMER_SPAN)
        customer = of_customer.aggregate(sum=Sum("amount_minor"))["sum"]
    return Spent(measured(day or 0, currency), measured(customer or 0, currency))


def _write(
    action: str, amount: Amount, subject: Any, customer_id: int | None, actor_ref: str, now: datetime
) -> None:
    LimitUse.objects.create(
        action=action,
        actor_ref=actor_ref,
        customer_id=customer_id,
        currency=amount.currency,
        amount_minor=amount.minor,
        subject_kind=subject._meta.model_name,
        subject_id=subject.pk,
        at=now,
    )
