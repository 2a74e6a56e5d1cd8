"""Store credit: money lots, each moved together with a posting on the customer's balance.

Every posting that touches the customer's balance moves money lots, by the database itself; what is given and
used here says more about its lot than the posting could, and so writes its entry first. The database then
finds it by the posting's cause and refuses another amount.
"""

from datetime import datetime

from django.db import models, transaction

from billing.credits import rules
from billing.credits.burning import shortage
from billing.credits.granting import write_grant
from billing.credits.locks import lock_accounts, open_lots, repeated, write_entry
from billing.credits.models import CreditAccount, CreditSource, CreditUnit, Movement
from billing.credits.telling import tell
from billing.credits.told import Moved, Short, check_amount, check_unit, posting_key, told
from billing.errors import InvalidInput
from billing.history.actors import Actor
from billing.ledger import rules as ledger
from billing.ledger.services import post
from billing.logs import add_facts, note_odd, service
from billing.money import Money

__all__ = ["give_store_credit", "use_store_credit"]


@service("credits")
def give_store_credit(
    *,
    customer_id: int,
    amount: Money,
    actor: Actor,
    now: datetime,
    key: str,
    reason: str,
    expires_at: datetime | None = None,
    priority: int = 100,
) -> Moved:
    """Gives a customer store credit as a gesture, and posts it as goodwill in the same transaction.

    What they owe in that currency is paid first. The same key with the same content gives the first answer
    again. Raises `InvalidInput` without a reason, `Conflict` for a key used for something else.
    """
    check_unit(CreditUnit.MONEY, amount.currency)
    check_amount(amount.minor)
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(
            "expiry_in_the_past", "Expires: a moment that is still to come, or none.", field="expires_at"
        )
    draft = ledger.goodwill_store_credit(f"{customer_id}:{key}", amount=amount)
    lot = {
        "source": CreditSource.GOODWILL,
        "priority": priority,
        "expires_at": expires_at,
        "subscription_id": None,
        "grant_period": None,
        "kind": "posting",
        "cause": draft.cause,
    }
    who = told(key=key, actor=actor, reason=reason, content=(customer_id, amount, lot))
    who |= {"key": posting_key(draft.cause, amount.currency), "cause": draft.cause}
    add_facts(customer=customer_id, amount=amount.minor, currency=amount.currency)
    with transaction.atomic():
        moved = write_grant(customer_id, CreditUnit.MONEY, amount.currency, amount.minor, now, lot, who)
        if not moved.repeated:
            post(draft, actor=actor, now=now, customer_id=customer_id)
            tell(moved, "granted", actor=actor, now=now, reason=reason, source=CreditSource.GOODWILL)
    return moved


@service("credits")
def use_store_credit(
    *,
    customer_id: int,
    amount: Money,
    actor: Actor,
    now: datetime,
    key: str,
    subject: models.Model | None = None,
    reason: str = "",
) -> Moved | Short:
    """Pays what ``subject`` (an invoice) still owes from store credit in burn order, and posts it.

    `Short`, and nothing written, when there is not enough in that currency. The caller holds the invoice's
    lock and has asked how much is open.
    """
    check_unit(CreditUnit.MONEY, amount.currency)
    check_amount(amount.minor)
    draft = ledger.store_credit_used(f"{customer_id}:{key}", amount=amount)
    who = told(key=key, actor=actor, reason=reason, subject=subject, content=(customer_id, amount))
    who |= {"key": posting_key(draft.cause, amount.currency), "cause": draft.cause}
    with transaction.atomic():
        found = CreditAccount.objects.filter(
            customer_id=customer_id, unit=CreditUnit.MONEY, currency=amount.currency
        ).values_list("pk", flat=True)
        accounts = lock_accounts(found)
        if not accounts:
            note_odd("credits.no_account", customer=customer_id, unit="money", wanted=amount.minor)
            return Short(amount.minor, 0)
        (account,) = accounts.values()
        if before := repeated(who):
            return before
        lots = open_lots(account)
        plan = rules.plan_burn(lots, amount.minor, now)
        if plan.missing:
            return shortage(account.pk, amount.minor, rules.spendable(lots, now), now=now)
        moved = write_entry(account, Movement.BURN, plan.parts, who, now=now)
        post(draft, actor=actor, now=now, customer_id=customer_id, subject=subject)
    return moved
