"""The postings of many invoices in one statement, with the checks that single ones have.

Each draft is built by the same rules, so that what does not sum to zero never leaves Python; the ledger's
triggers look at the rows as at any others, and store credit's lots follow them.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError
from django.db.models import F

from billing.credits import rules as credits
from billing.credits.locks import as_rule, lock_accounts
from billing.credits.models import CreditAccount, CreditLot, CreditUnit
from billing.fields import AnyOf
from billing.history.actors import Actor
from billing.invoices.orders import Prepared
from billing.ledger import rules as ledger
from billing.ledger.services import Entry, count_posted
from billing.money import Money

__all__ = ["plan_store_credit", "post_issued"]


def plan_store_credit(prepared: Sequence[Prepared], *, now: datetime) -> None:
    """Sets of each what the customer's store credit in its currency pays, the first orders first.

    Locks the accounts in the order in which everybody locks them.
    """
    owing = [one for one in prepared if one.composed.total_minor > 0 and one.order.uses_store_credit]
    whose = {one.order.customer_id for one in owing}
    accounts = CreditAccount.objects.filter(
        AnyOf(F("customer_id"), whose), unit=CreditUnit.MONEY, balance__gt=0
    )
    wanted = {one.order.currency for one in owing}
    locked = lock_accounts(accounts.filter(currency__in=wanted).values_list("pk", flat=True))
    if not locked:
        return
    lots: dict[int, list[credits.Lot]] = {}
    for lot in CreditLot.objects.filter(account__in=locked, is_open=True):
        lots.setdefault(lot.account_id, []).append(as_rule(lot))
    left = {
        (account.customer_id, account.currency): credits.spendable(lots.get(pk, ()), now)
        for pk, account in locked.items()
    }
    for one in owing:
        place = (one.order.customer_id, one.order.currency)
        uses = min(one.composed.total_minor, max(0, left.get(place, 0)))
        if uses:
            one.store_credit_minor = uses
            left[place] -= uses


def post_issued(prepared: Sequence[Prepared], *, actor: Actor, now: datetime) -> None:
    """Posts what was invoiced and what store credit paid of it. An invoice of zero posts nothing.

    Raises IntegrityError where one is posted already: its number would be used twice.
    """
    entries = []
    for one in prepared:
        if not one.composed.total_minor and not one.composed.net_minor and not one.composed.tax_minor:
            continue
        entries.append(Entry(_finalised(one), one.order.customer_id, ("invoice", one.id)))
        if one.store_credit_minor:
            used = Money(one.store_credit_minor, one.order.currency)
            draft = ledger.store_credit_used(one.reference, amount=used)
            entries.append(Entry(draft, one.order.customer_id, ("invoice", one.id)))
    if count_posted(entries, actor=actor, now=now) < len(entries):
        raise IntegrityError("an invoice of this batch is posted already")


def _finalised(one: Prepared) -> ledger.Draft:
    currency, composed = one.order.currency, one.composed
    return ledger.invoice_finalised(
        one.reference,
        total=Money(composed.total_minor, currency),
        net=Money(composed.net_minor, currency),
        tax=Money(composed.tax_minor, currency),
    )
