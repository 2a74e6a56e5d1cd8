"""Short words for tests of credits."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Sum

from billing.credits import services
from billing.credits.models import CreditAccount, CreditEntry, CreditEntryLot, CreditLot
from billing.credits.services import Cause
from billing.history.actors import person, system
from billing.ids import form_key
from billing.ledger.models import PostingLine
from billing.models import Customer

NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)
JUDE = person(7, "Jude Okafor")
WORKER = system("worker")
DAY = timedelta(days=1)
NOVEMBER = date(2026, 11, 1)


def grant(to: Customer, amount: int, **more: Any) -> services.Moved:
    asked = {"unit": "tokens", "source": "goodwill", "actor": WORKER, "now": NOW, "key": form_key(), **more}
    return services.grant(customer_id=to.pk, amount=amount, **asked)


def burn(of: Customer, amount: int, **more: Any) -> services.Moved | services.Short:
    asked = {"unit": "tokens", "actor": WORKER, "now": NOW, "key": form_key(), **more}
    return services.burn(customer_id=of.pk, amount=amount, **asked)


def renewal(subscription: Any, period: date = NOVEMBER, kind: str = "tier", cause: str = "") -> Cause:
    return Cause(subscription.pk, period, kind, cause)


def by_hand(**more: Any) -> dict[str, Any]:
    return {"actor": JUDE, "now": NOW, "key": form_key(), "reason": "The outage of 12 November", **more}


def account(of: Customer, unit: str = "tokens", currency: str = "") -> CreditAccount:
    return CreditAccount.objects.get(customer=of, unit=unit, currency=currency)


def lots(of: Customer, unit: str = "tokens", currency: str = "") -> list[tuple[str, int, int]]:
    """Source, amount and remainder of each lot, in the order in which they came."""
    rows = CreditLot.objects.filter(account=account(of, unit, currency)).order_by("pk")
    return list(rows.values_list("source", "amount", "remainder"))


def booked(customer: Customer | None = None) -> dict[str, int]:
    """Balances of the money ledger, zeros left out."""
    lines = PostingLine.objects.filter(**({"customer": customer} if customer else {}))
    sums = lines.values_list("account").annotate(Sum("amount_minor"))
    return {name: minor for name, minor in sums.order_by("account") if minor}


def assert_sound() -> None:
    """Balance = ledger = lots for every account, each entry tells its balance, no lot is out of bounds, and
    the customers' balance in the ledger is what their money lots hold."""
    for each in CreditAccount.objects.all():
        entries = list(CreditEntry.objects.filter(account=each).order_by("pk"))
        holds = CreditLot.objects.filter(account=each).aggregate(s=Sum("remainder"))["s"] or 0
        assert each.balance == holds == sum(entry.amount for entry in entries), f"{each} has drifted"
        running = 0
        for entry in entries:
            running += entry.amount
            assert entry.balance_after == running, f"{entry} tells another balance"
        if each.is_money:
            lines = PostingLine.objects.filter(
                account="customer_balance", customer_id=each.customer_id, currency=each.currency
            )
            assert each.balance == -(lines.aggregate(s=Sum("amount_minor"))["s"] or 0), (
                "ledger and lots differ"
            )
    for lot in CreditLot.objects.all():
        parts = CreditEntryLot.objects.filter(lot=lot).aggregate(s=Sum("amount"))["s"] or 0
        assert parts == lot.remainder, f"{lot} is not the sum of its parts"
        if lot.source == "debt":
            assert lot.remainder <= 0
        else:
            assert 0 <= lot.remainder <= lot.amount
    assert all(entry.amount == sum(entry.lot_amounts) for entry in CreditEntry.objects.all()), (
        "an entry is not the sum of its parts"
    )
