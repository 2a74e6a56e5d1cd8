"""What a person does with credits by hand, held against their limits: above them it becomes a request.

The limits are held as for refunds: the sums are locked before they are read and stay so until the movement
and its use of the limit are written together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.approvals import services as approvals
from billing.approvals.limits import lock_sums
from billing.approvals.models import Approval
from billing.approvals.rules import Amount, Units, Verdict
from billing.credits.granting import grant
from billing.credits.models import CreditAccount, CreditEntry, CreditSource, CreditUnit
from billing.credits.moving import transfer
from billing.credits.reversing import reverse
from billing.credits.store import give_store_credit
from billing.credits.told import LONGEST_REASON, Moved, Short, check_amount, check_unit, posting_key
from billing.customers.models import Customer
from billing.errors import InvalidInput, Missing, NotAllowed
from billing.history.actors import Actor
from billing.ledger import rules as ledger
from billing.logs import service
from billing.money import Money

__all__ = ["BY_HAND", "Gift", "action_for", "give", "give_allowed", "transfer_by_hand", "undo", "verdict_on"]

UNITS, MONEY = "credits", "store_credit"
#: The sources that a person may grant from; store credit by hand is always goodwill, as its posting says.
BY_HAND = (CreditSource.GOODWILL, CreditSource.PROMOTION)


@dataclass(frozen=True, slots=True)
class Gift:
    """What somebody wants to give one customer: units, or minor units of ``currency`` as store credit."""

    unit: str
    amount: int
    reason: str
    currency: str = ""
    source: str = CreditSource.GOODWILL
    expires_at: datetime | None = None

    @property
    def measured(self) -> Amount:
        return (
            Money(self.amount, self.currency)
            if self.unit == CreditUnit.MONEY
            else Units(self.amount, self.unit)
        )

    def as_params(self) -> dict[str, Any]:
        """As a request keeps it: plain JSON, the reason being the request's own."""
        return {
            "unit": self.unit,
            "amount": self.amount,
            "currency": self.currency,
            "source": str(self.source),
            "expires_at": self.expires_at.isoformat() if self.expires_at else "",
        }

    @classmethod
    def of_params(cls, params: Mapping[str, Any], reason: str) -> "Gift":
        until = params.get("expires_at")
        return cls(
            unit=params["unit"],
            amount=params["amount"],
            reason=reason,
            currency=params.get("currency") or "",
            source=params.get("source") or CreditSource.GOODWILL,
            expires_at=datetime.fromisoformat(until) if until else None,
        )

    def check(self, now: datetime) -> None:
        """Raises `InvalidInput` naming the field for what nobody could grant, with approval or without."""
        check_unit(self.unit, self.currency)
        check_amount(self.amount)
        if self.source not in BY_HAND:
            raise InvalidInput("source_unknown", "Source: goodwill or a promotion.", field="source")
        if self.unit == CreditUnit.MONEY and self.source != CreditSource.GOODWILL:
            raise InvalidInput(
                "store_credit_is_goodwill",
                "Source: store credit given by hand is goodwill in the books. Choose goodwill.",
                field="source",
            )
        if not self.reason.strip():
            raise InvalidInput(
                "reason_missing", "Reason: say why, for whoever reads it later.", field="reason"
            )
        if len(self.reason) > LONGEST_REASON:
            raise InvalidInput(
                "reason_too_long",
                f"Reason: at most {LONGEST_REASON:,} characters, this has {len(self.reason):,}.",
                field="reason",
            )
        if self.expires_at is not None and self.expires_at <= now:
            raise InvalidInput(
                "expiry_in_the_past", "Expires: a day that is still to come, or none.", field="expires_on"
            )


def action_for(unit: str) -> str:
    """Under which action an amount of this unit is limited."""
    return MONEY if unit == CreditUnit.MONEY else UNITS


def verdict_on(gift: Gift, *, customer_id: int | None, actor: Actor, now: datetime) -> Verdict:
    """Whether a second person must say yes, for showing it before; promises nothing."""
    return approvals.judge(
        action_for(gift.unit), gift.measured, customer_id=customer_id, actor=actor, now=now
    )


@service("credits")
def give(*, customer_id: int, gift: Gift, actor: Actor, form_key: str, now: datetime) -> Moved | Approval:
    """Grants it, or above the person's limit asks a second one: then an `Approval`, and nothing is granted.

    The same ``form_key`` gives the first answer again. Raises `InvalidInput`, `Conflict` and `Missing`.
    """
    gift.check(now)
    action = action_for(gift.unit)
    with transaction.atomic():
        customer = Customer.objects.filter(pk=customer_id).first()
        if customer is None:
            raise Missing("customer_missing", "This customer is no longer here.")
        lock_sums(action, customer_id, actor)
        if not _given(customer_id, gift, form_key):
            asked = Approval.objects.filter(form_key=form_key).exists()
            verdict = verdict_on(gift, customer_id=customer_id, actor=actor, now=now)
            if asked or verdict.needed:
                params = {"customer": customer_id, **gift.as_params()}
                return approvals.ask(
                    action=action, target=customer, label=customer.reference, amount=gift.measured,
                    reason=gift.reason, rule=verdict.rule, params=params,
                    customer_id=customer_id, actor=actor, now=now, form_key=form_key,
                )  # fmt: skip
        moved = give_allowed(customer_id=customer_id, gift=gift, key=form_key, actor=actor, now=now)
        if not moved.repeated:
            approvals.use(
                action, gift.measured, subject=CreditEntry(pk=moved.entry_id), customer_id=customer_id,
                actor=actor, now=now,
            )  # fmt: skip
    return moved


def give_allowed(*, customer_id: int, gift: Gift, key: str, actor: Actor, now: datetime) -> Moved:
    """The grant itself, whoever allowed it; the key makes it one."""
    if gift.unit == CreditUnit.MONEY:
        return give_store_credit(
            customer_id=customer_id, amount=Money(gift.amount, gift.currency), actor=actor, now=now, key=key,
            reason=gift.reason, expires_at=gift.expires_at,
        )  # fmt: skip
    return grant(
        customer_id=customer_id, unit=gift.unit, amount=gift.amount, source=gift.source, actor=actor, now=now,
        key=key, reason=gift.reason, expires_at=gift.expires_at,
    )  # fmt: skip


def _given(customer_id: int, gift: Gift, key: str) -> bool:
    """Whether this form has granted already, so that its own use of the limit does not ask for approval."""
    if gift.unit == CreditUnit.MONEY:
        draft = ledger.goodwill_store_credit(f"{customer_id}:{key}", amount=Money(gift.amount, gift.currency))
        key = posting_key(draft.cause, gift.currency)
    return CreditEntry.objects.filter(key=key).exists()


@service("credits")
def undo(*, entry_id: int, actor: Actor, now: datetime, key: str, reason: str) -> Moved:
    """Reverses a movement by hand. A grant that comes to nothing frees its limit; what gives units back uses
    the limit as a grant does, and above it is refused with `NotAllowed`."""
    with transaction.atomic():
        account = CreditAccount.objects.filter(entries=entry_id).first()
        if account is not None:
            lock_sums(action_for(account.unit), account.customer_id, actor)
        moved = reverse(entry_id=entry_id, actor=actor, now=now, key=key, reason=reason)
        if moved.repeated or account is None:
            return moved
        if moved.amount < 0:
            approvals.return_use(subject=CreditEntry(pk=entry_id), now=now)
        elif moved.amount > 0:
            _use_or_refuse(moved.amount, account, moved.entry_id, actor, now)
    return moved


@service("credits")
def transfer_by_hand(
    *,
    from_account_id: int,
    to_account_id: int,
    amount: int,
    arrives: int | None,
    actor: Actor,
    now: datetime,
    key: str,
    reason: str,
) -> tuple[Moved, ...] | Short:
    """`transfer`, where whatever arrives beyond what left uses the limit of a grant."""
    with transaction.atomic():
        target = CreditAccount.objects.filter(pk=to_account_id).first()
        if target is not None:
            lock_sums(action_for(target.unit), target.customer_id, actor)
        done = transfer(
            from_account_id=from_account_id, to_account_id=to_account_id, amount=amount, arrives=arrives,
            actor=actor, now=now, key=key, reason=reason,
        )  # fmt: skip
        more = (arrives or amount) - amount
        if more > 0 and target is not None and isinstance(done, tuple) and not done[0].repeated:
            _use_or_refuse(more, target, done[-1].entry_id, actor, now)
    return done


def _use_or_refuse(amount: int, account: CreditAccount, entry_id: int, actor: Actor, now: datetime) -> None:
    measured = Units(amount, account.unit)
    verdict = approvals.use(
        UNITS,
        measured,
        subject=CreditEntry(pk=entry_id),
        customer_id=account.customer_id,
        actor=actor,
        now=now,
    )
    if verdict.needed:
        raise NotAllowed(
            "above_your_limit",
            f"This gives {measured}, which is above your limit ({verdict.rule}). "
            "Somebody whose limit is higher can do it.",
        )
