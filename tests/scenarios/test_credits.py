"""A customer's credits over half a year, in dates, units and cents."""

from datetime import UTC, date, datetime

import pytest

from billing.credits import services
from billing.credits.models import CreditEntry
from billing.credits.queries import (
    account_of,
    balances_many,
    ledger_page,
    lots_of,
    paid_by,
    standing_of,
)  # fmt: skip
from billing.history.actors import person, system
from billing.ledger import rules as ledger
from billing.ledger.services import post
from billing.money import Money
from tests import make
from tests.billing.credits.desk import assert_sound, booked

pytestmark = [pytest.mark.scenario, pytest.mark.django_db]

INES, WORKER = person(2, "Ines Marchetti"), system("worker")


def on(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 9, tzinfo=UTC)


def test_a_package_is_bought_used_refunded_and_owed():
    held = make.subscription(make.customer())
    who = held.customer_id

    def renew(month: int) -> None:
        services.grant(
            customer_id=who, unit="tokens", amount=1_000, source="tier_grant", actor=WORKER, now=on(month, 1),
            key=f"renewal {month}", expires_at=on(month + 1, 1),
            of=services.Cause(held.pk, date(2026, month, 1), "tier"),
        )  # fmt: skip

    def use(month: int, day: int, amount: int) -> services.Moved | services.Short:
        return services.burn(
            customer_id=who, unit="tokens", amount=amount, actor=WORKER, now=on(month, day),
            key=f"usage {month} {day}", subject=("usage", month * 100 + day),
        )  # fmt: skip

    # 1 May: 1,000 tokens with the tier. 5 May: a package of 5,000 for 50.00 EUR without tax.
    renew(5)
    bought = services.grant(
        customer_id=who, unit="tokens", amount=5_000, source="purchase", actor=WORKER, now=on(5, 5),
        key="package", kind="tokens-5k", cause="INV-20260505-7K3N9Q4F", sold=Money(5_000, "EUR"),
    )  # fmt: skip
    # 20 May: 1,600 are used, the tier's 1,000 first; 600 of the package earn 6.00 EUR.
    used = use(5, 20, 1_600)
    assert [part.amount for part in paid_by("usage", 520)] == [-1_000, -600]
    assert (used.balance_after, booked()) == (4_400, {"deferred_revenue": 600, "revenue": -600})
    # June's 1,000 are used up to 300, which end on 1 July.
    renew(6)
    use(6, 10, 700)
    assert services.expire_due(actor=WORKER, now=on(7, 1)) == 1
    account = account_of(who, "tokens")
    assert balances_many([who]) == {who: {("tokens", ""): 4_400}}
    # 2 July: nearly everything is used. 10 July: half of the package's money goes back, 2,500 tokens with it.
    use(7, 2, 4_000)
    assert use(7, 3, 401) == services.Short(401, 400, None, held.current_period_end)
    clawed = services.claw_back(
        lot_id=bought.lot_id, returned_minor=2_500, paid_minor=5_000, actor=INES, now=on(7, 10), key="REF-1"
    )
    assert (clawed.amount, clawed.balance_after) == (-2_500, -2_100)
    standing = standing_of(account, now=on(7, 10))
    assert (standing.balance, standing.spendable, standing.owed) == (-2_100, 0, 2_100)
    # August, September and October pay the debt: 1,000, 1,000, 100.
    for month, left in ((8, -1_100), (9, -100), (10, 900)):
        renew(month)
        account.refresh_from_db()
        assert account.balance == left
    bars = lots_of(account, now=on(10, 2))
    assert [(bar.lot.source, bar.left, bar.burn_place) for bar in bars][:1] == [("tier_grant", 900, 1)]
    page = ledger_page(account, limit=4)
    assert [entry.balance_after for entry in page.entries] == [900, -100, -1_100, -2_100]
    older = ledger_page(account, before=page.older, limit=100)
    assert older.older is None
    assert len(page.entries) + len(older.entries) == CreditEntry.objects.count()
    assert_sound()


def test_store_credit_from_an_overpayment_and_a_gesture_pays_an_invoice():
    customer = make.customer()
    invoice = make.invoice(customer)
    # 3 March: 120.00 comes for an invoice of 99.00. 4 March: 15.00 for the outage, until June.
    draft = ledger.payment_succeeded("PAY-1", amount=Money(12_000, "EUR"), owed=Money(9_900, "EUR"))
    post(draft, actor=WORKER, now=on(3, 3), customer_id=customer.pk)
    services.give_store_credit(
        customer_id=customer.pk, amount=Money(1_500, "EUR"), actor=INES, now=on(3, 4), key="outage",
        reason="The outage of 2 March", expires_at=on(6, 1),
    )  # fmt: skip
    # 10 April: 30.00 of the next invoice is paid from it: the gesture ends sooner and goes first.
    services.use_store_credit(
        customer_id=customer.pk, amount=Money(3_000, "EUR"), actor=WORKER, now=on(4, 10), key="next",
        subject=invoice,
    )  # fmt: skip
    assert [(part.lot.source, part.amount) for part in paid_by("invoice", invoice.pk)] == [
        ("goodwill", -1_500), ("overpayment", -1_500),
    ]  # fmt: skip
    assert booked() == {
        "gateway_clearing": 12_000, "receivable": -12_900, "goodwill": 1_500, "customer_balance": -600,
    }  # fmt: skip
    assert_sound()
