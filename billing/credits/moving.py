"""What staff do to lots by hand: take back, move an expiry, transfer to another account of the customer."""

from datetime import datetime

from django.db import transaction

from billing.credits import rules
from billing.credits.burning import shortage
from billing.credits.locks import lock_account, lock_accounts, open_lots, repeated, write_entry
from billing.credits.models import CreditAccount, CreditLot, CreditSource, Movement
from billing.credits.telling import tell
from billing.credits.told import Moved, Short, check_amount, posting_key, told
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.ledger import rules as ledger
from billing.ledger.services import post
from billing.logs import service
from billing.money import Money

__all__ = ["move_expiry", "take_back", "transfer"]


@service("credits")
def take_back(*, lot_id: int, amount: int, actor: Actor, now: datetime, key: str, reason: str) -> Moved:
    """Takes units that were given from the lot that they were given in, as far as it still holds them.

    Store credit goes back to goodwill. Raises `Conflict` when the lot holds less or was paid for with money
    (which is refunded, not taken), `Missing` for an unknown lot.
    """
    check_amount(amount)
    _need(reason)
    with transaction.atomic():
        lot, account = _locked(lot_id)
        who = told(key=key, actor=actor, reason=reason, content=("take_back", lot_id, amount))
        if account.is_money:
            draft = ledger.goodwill_taken_back(f"{lot_id}:{key}", amount=Money(amount, account.currency))
            who |= {"key": posting_key(draft.cause, account.currency), "cause": draft.cause}
        if before := repeated(who):
            return before
        if account.is_money and lot.paid_for:
            raise Conflict(
                "lot_is_paid_for",
                "This store credit is the customer's own money: refund it instead of taking it back.",
            )
        if lot.source == CreditSource.DEBT or lot.remainder < amount:
            raise Conflict(
                "lot_holds_less",
                f"Amount: only {max(lot.remainder, 0):,} of it is left; take that or less.",
                facts={"left": max(lot.remainder, 0), "asked": amount},
            )
        moved = write_entry(account, Movement.TAKE_BACK, [rules.Part(lot.pk, -amount)], who, now=now)
        if account.is_money:
            post(draft, actor=actor, now=now, customer_id=account.customer_id, subject=lot)
        tell(moved, "taken_back", actor=actor, now=now, reason=reason, lot=lot.pk)
    return moved


@service("credits")
def move_expiry(
    *, lot_id: int, expires_at: datetime, actor: Actor, now: datetime, key: str, reason: str
) -> Moved:
    """Gives a lot another end. Raises `Conflict` for one that is used up or has ended, `InvalidInput` for an
    end that has passed."""
    _need(reason)
    if expires_at <= now:
        raise InvalidInput(
            "expiry_in_the_past", "Expires: a moment that is still to come.", field="expires_at"
        )
    with transaction.atomic():
        lot, account = _locked(lot_id)
        who = told(key=key, actor=actor, reason=reason, content=("move_expiry", lot_id, expires_at))
        if before := repeated(who):
            return before
        if lot.remainder <= 0 or lot.has_expired(now):
            raise Conflict("lot_is_over", "Nothing of these credits is left to move: grant new ones instead.")
        moved = write_entry(
            account, Movement.MOVE_EXPIRY, [rules.Part(lot.pk, 0)], who, now=now, expires_at=expires_at
        )
        tell(
            moved, "expiry_moved", actor=actor, now=now, reason=reason, lot=lot.pk,
            before=lot.expires_at.isoformat() if lot.expires_at else None, after=expires_at.isoformat(),
        )  # fmt: skip
    return moved


@service("credits")
def transfer(
    *,
    from_account_id: int,
    to_account_id: int,
    amount: int,
    actor: Actor,
    now: datetime,
    key: str,
    reason: str,
    arrives: int | None = None,
) -> tuple[Moved, ...] | Short:
    """Moves units from one account of a customer to another, as ``arrives`` units there (else as many).

    What leaves goes in burn order; each lot becomes one there with the same source, end and priority. What
    arrives is shared over them in proportion. `Short` when there are not enough. Raises `Conflict` for
    accounts of two customers, and for store credit, which is posted and not transferred.
    """
    check_amount(amount)
    arriving = check_amount(amount if arrives is None else arrives, field="arrives")
    _need(reason)
    if from_account_id == to_account_id:
        raise InvalidInput("same_account", "To: another account than the one it leaves.", field="to")
    with transaction.atomic():
        accounts = lock_accounts([from_account_id, to_account_id])
        if len(accounts) < 2:
            raise Missing("credit_account_missing", "One of these credit accounts is not here.")
        source, target = accounts[from_account_id], accounts[to_account_id]
        _may_transfer(source, target)
        content = ("transfer", from_account_id, to_account_id, amount, arriving)
        who = told(key=f"{key}:out", actor=actor, reason=reason, content=content)
        if before := repeated(who):
            return (before,)
        lots = open_lots(source)
        plan = rules.plan_burn(lots, amount, now)
        if plan.missing:
            return shortage(source.pk, amount, rules.spendable(lots, now), now=now)
        out = write_entry(source, Movement.TRANSFER_OUT, plan.parts, who, now=now)
        ins = _arrive(target, plan.parts, arriving, who | {"key": f"{key}:in"}, now=now)
        tell(out, "transferred", actor=actor, now=now, reason=reason, to=target.pk, arrived=arriving)
    return (out, ins)


def _arrive(
    account: CreditAccount, left: tuple[rules.Part, ...], amount: int, who: dict, *, now: datetime
) -> Moved:
    """The entry that brings the units in: one new lot for each that gave, an open debt paid first."""
    came = {lot.pk: lot for lot in CreditLot.objects.filter(pk__in=[part.lot_id for part in left])}
    shares = _shares(amount, [-part.amount for part in left])
    lots = CreditLot.objects.bulk_create(
        CreditLot(
            account=account,
            source=came[part.lot_id].source,
            amount=share,
            priority=came[part.lot_id].priority,
            granted_at=now,
            expires_at=came[part.lot_id].expires_at,
            paid_for=came[part.lot_id].paid_for,
            came_from=came[part.lot_id],
        )
        for part, share in zip(left, shares, strict=True)
        if share
    )
    debts = [lot for lot in open_lots(account) if lot.is_debt]
    owed = -debts[0].remainder if debts else 0
    parts = []
    for lot in lots:
        pays, keeps = rules.plan_grant(owed, lot.amount)
        owed -= pays
        parts.append(rules.Part(lot.pk, keeps))
    paid = amount - sum(part.amount for part in parts)
    if paid:
        parts.insert(0, rules.Part(debts[0].id, paid))
    return write_entry(account, Movement.TRANSFER_IN, parts, who, now=now)


def _shares(amount: int, weights: list[int]) -> list[int]:
    """Whole shares in proportion that add up, the remainder to the largest fractions."""
    total = sum(weights)
    shares = [amount * weight // total for weight in weights]
    fractions = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % total), at))
    for at in fractions[: amount - sum(shares)]:
        shares[at] += 1
    return shares


def _may_transfer(source: CreditAccount, target: CreditAccount) -> None:
    if source.customer_id != target.customer_id:
        raise Conflict("accounts_of_two_customers", "To: an account of the same customer.")
    if source.is_money or target.is_money:
        raise Conflict(
            "store_credit_stays", "Store credit is money in the books: it is used or refunded, not moved."
        )
    if CreditLot.objects.filter(account=source, is_open=True, sold_minor__isnull=False).exists():
        raise Conflict(
            "sold_units_stay",
            "From: this account holds units of a package whose revenue follows their use; they stay here.",
        )


def _locked(lot_id: int) -> tuple[CreditLot, CreditAccount]:
    found = CreditLot.objects.filter(pk=lot_id).values_list("account_id", flat=True).first()
    if found is None:
        raise Missing("credit_lot_missing", "These credits are not here.")
    account = lock_account(found)
    return CreditLot.objects.get(pk=lot_id), account


def _need(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
