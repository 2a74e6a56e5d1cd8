"""Undoing a movement, and taking back what a refund or a dispute took the money for."""

from datetime import datetime

from django.db import models, transaction
from django.db.models import Sum

from billing.credits import rules
from billing.credits.earning import earn
from billing.credits.locks import as_rule, debt_of, lock_account, open_lots, repeated, write_entry
from billing.credits.models import CreditAccount, CreditEntry, CreditEntryLot, CreditLot, Movement
from billing.credits.telling import tell
from billing.credits.told import Moved, told
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.logs import add_facts, service

__all__ = ["claw_back", "reverse"]

#: What takes units away and can be given back; the rest is undone by its own opposite.
GIVES_BACK = frozenset({Movement.BURN, Movement.EXPIRE, Movement.TAKE_BACK, Movement.CLAWBACK})
#: What the customer had no use of, so that a clawback does not claim it a second time.
GONE_BACK = (Movement.CLAWBACK, Movement.EXPIRE, Movement.TAKE_BACK)


@service("credits")
def reverse(*, entry_id: int, actor: Actor, now: datetime, key: str, reason: str) -> Moved:
    """Undoes a movement, once. What was taken returns to its lots, an open debt first; a grant is taken back
    when nothing of it has been used.

    Units that find no room in their lot any more come back as a lot of their own. Raises `Conflict` for an
    entry undone before, a grant that has been used, store credit (reversed in the ledger) and movements that
    have no opposite.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
    with transaction.atomic():
        entry = CreditEntry.objects.filter(pk=entry_id).first()
        if entry is None:
            raise Missing("credit_entry_missing", "This movement is not here.")
        account = lock_account(entry.account_id)
        who = told(key=key, actor=actor, reason=reason, content=("reverse", entry_id))
        if before := repeated(who):
            return before
        if CreditEntry.objects.filter(reverses=entry).exists():
            raise Conflict("reversed_before", "This movement has been undone already.")
        if account.is_money:
            raise Conflict(
                "store_credit_is_posted", "Store credit is undone by reversing its posting in the ledger."
            )
        if entry.movement in GIVES_BACK:
            parts = _returning(account, entry, now)
        elif entry.movement == Movement.GRANT:
            parts = _ungranting(entry)
        else:
            raise Conflict(
                "no_opposite", f"“{entry.get_movement_display()}” cannot be undone: do the opposite instead."
            )
        moved = write_entry(
            account, Movement.REVERSE, parts, who, now=now, reverses=entry, about=entry.about,
            shortfall=-entry.shortfall,
        )  # fmt: skip
        if entry.movement in (Movement.BURN, Movement.EXPIRE):
            earn(
                dict(moved.parts), entry_id=moved.entry_id, actor=actor, now=now, put_back=True,
                expired=entry.movement == Movement.EXPIRE,
            )  # fmt: skip
        tell(moved, "reversed", actor=actor, now=now, reason=reason, undone=entry.pk)
    return moved


def _returning(account: CreditAccount, entry: CreditEntry, now: datetime) -> tuple[rules.Part, ...]:
    taken = [rules.Part(*pair) for pair in zip(entry.lot_ids, entry.lot_amounts, strict=True)]
    touched = {lot.pk: lot for lot in CreditLot.objects.filter(pk__in=entry.lot_ids)}
    lots = {lot.id: lot for lot in open_lots(account)} | {pk: as_rule(lot) for pk, lot in touched.items()}
    plan = rules.put_back(list(lots.values()), taken)
    if not plan.left_over:
        return plan.parts
    like = next((lot for lot in touched.values() if lot.amount), None) or entry.about
    fresh = CreditLot.objects.create(
        account=account,
        source=like.source if like else "goodwill",
        amount=plan.left_over,
        priority=like.priority if like else 100,
        granted_at=now,
        expires_at=like.expires_at if like else None,
        paid_for=like.paid_for if like else False,
        came_from=like,
    )
    return (*plan.parts, rules.Part(fresh.pk, plan.left_over))


def _ungranting(entry: CreditEntry) -> tuple[rules.Part, ...]:
    """The whole of a grant again. It may have paid a debt, which then stands again."""
    lot = CreditLot.objects.get(pk=entry.lot_ids[-1])
    if len(entry.lot_ids) > 1 or lot.remainder != lot.amount:
        raise Conflict(
            "grant_is_used",
            f"Only {lot.remainder:,} of the {lot.amount:,} granted are left: take those back instead.",
        )
    return (rules.Part(lot.pk, -lot.amount),)


@service("credits")
def claw_back(
    *,
    lot_id: int,
    returned_minor: int,
    paid_minor: int,
    actor: Actor,
    now: datetime,
    key: str,
    reason: str = "",
    may_owe: bool = True,
    subject: models.Model | tuple[str, int] | None = None,
) -> Moved | None:
    """Takes back the part of a grant whose money has gone back; None when nothing is left to claim.

    ``returned_minor`` of ``paid_minor`` is all that has been given back for that payment up to now, by
    refunds and disputes together, so that their order does not matter and none is claimed twice. The grant's
    own lot gives first, then the others in burn order; what none holds opens a debt, or with ``may_owe`` off
    is left unclaimed and written as the entry's ``shortfall``.
    """
    if paid_minor <= 0 or not 0 <= returned_minor <= paid_minor:
        raise InvalidInput(
            "share_malformed", "What was returned: from nothing to the whole of what was paid."
        )
    with transaction.atomic():
        found = CreditLot.objects.filter(pk=lot_id).values_list("account_id", flat=True).first()
        if found is None:
            raise Missing("credit_lot_missing", "These credits are not here.")
        account = lock_account(found)
        content = ("claw_back", lot_id, returned_minor, paid_minor)
        who = told(key=key, actor=actor, reason=reason, subject=subject, content=content)
        if before := repeated(who):
            return before
        lot = CreditLot.objects.get(pk=lot_id)
        if account.is_money:
            raise Conflict("store_credit_is_posted", "Store credit is taken by the ledger, not clawed back.")
        claw = preview_claw(
            account, lot, returned_minor=returned_minor, paid_minor=paid_minor, now=now, may_owe=may_owe
        )
        parts = list(claw.parts)
        if claw.owed:
            parts.append(rules.Part(debt_of(account, now=now), -claw.owed))
        if not parts and not claw.forgiven:
            return None
        moved = write_entry(
            account, Movement.CLAWBACK, parts or [rules.Part(lot.pk, 0)], who, now=now, about=lot,
            shortfall=claw.forgiven,
        )  # fmt: skip
        add_facts(lot=lot_id, taken=-moved.amount, owed=claw.owed, forgiven=claw.forgiven)
        tell(
            moved, "clawed_back", actor=actor, now=now, reason=reason, lot=lot_id, owed=claw.owed,
            forgiven=claw.forgiven,
        )  # fmt: skip
    return moved


def preview_claw(
    account: CreditAccount,
    lot: CreditLot,
    *,
    returned_minor: int,
    paid_minor: int,
    now: datetime,
    may_owe: bool = True,
) -> rules.Claw:
    """What a clawback would do now; writes nothing."""
    target = rules.claw_target(lot.amount, returned_minor=returned_minor, paid_minor=paid_minor)
    return rules.plan_claw(
        open_lots(account),
        as_rule(lot),
        target=target,
        gone_back=_gone_back(lot, now),
        at=now,
        may_owe=may_owe,
    )


def _gone_back(lot: CreditLot, now: datetime) -> int:
    """What of a grant the customer had no use of: clawed back, taken back, expired, or due to expire."""
    clawed = CreditEntry.objects.filter(about=lot).aggregate(amount=Sum("amount"), forgiven=Sum("shortfall"))
    others = CreditEntryLot.objects.filter(lot=lot, entry__about__isnull=True)
    ended = others.filter(entry__movement__in=GONE_BACK).aggregate(amount=Sum("amount"))["amount"] or 0
    undone = (
        others.filter(entry__reverses__movement__in=GONE_BACK).aggregate(amount=Sum("amount"))["amount"] or 0
    )
    due = lot.remainder if lot.has_expired(now) else 0
    return -(clawed["amount"] or 0) + (clawed["forgiven"] or 0) - ended - undone + due
