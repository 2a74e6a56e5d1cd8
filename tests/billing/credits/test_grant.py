"""Granting: once, in order, debts first."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from structlog.testing import capture_logs

from billing.credits import services
from billing.credits.models import CreditAccount, CreditEntry, CreditLot
from billing.credits.services import Renewal
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.models import HistoryEntry
from billing.ids import form_key
from billing.money import Money
from tests import make
from tests.billing.credits.desk import (
    DAY,
    JUDE,
    NOW,
    WORKER,
    account,
    assert_sound,
    booked,
    burn,
    grant,
    lots,
    renewal,
)  # fmt: skip

pytestmark = pytest.mark.django_db


def odd(logs: list[dict]) -> list[str]:
    return [line["event"] for line in logs if line.get("odd")]


def test_opens_an_account_and_a_lot():
    customer = make.customer()
    moved = grant(customer, 500, expires_at=NOW + 30 * DAY, reason="Welcome")
    assert (moved.amount, moved.balance_after, moved.repeated) == (500, 500, False)
    assert lots(customer) == [("goodwill", 500, 500)]
    entry = CreditEntry.objects.get()
    assert (entry.movement, entry.reason, entry.actor_name) == ("grant", "Welcome", WORKER.name)
    assert [(part.lot_id, part.amount) for part in entry.parts.all()] == [(moved.lot_id, 500)]
    assert_sound()


def test_the_same_key_grants_once_and_other_content_is_refused():
    customer, key = make.customer(), form_key()
    first = grant(customer, 500, key=key)
    again = grant(customer, 500, key=key)
    assert (again.entry_id, again.repeated) == (first.entry_id, True)
    with pytest.raises(Conflict, match="another movement"):
        grant(customer, 501, key=key)
    with pytest.raises(Conflict):
        burn(customer, 500, key=key)
    assert account(customer).balance == 500


@pytest.mark.parametrize(("change", "both"), [
    ({}, False), ({"cause": "upgrade:2"}, True), ({"kind": "ai"}, True),
    ({"period": date(2026, 12, 1)}, True),
])  # fmt: skip
def test_one_grant_per_subscription_period_kind_and_cause(change, both):
    held = make.subscription()
    grant(held.customer, 100, of=renewal(held), source="tier_grant")
    with capture_logs() as logs:
        if both:
            grant(held.customer, 100, of=renewal(held, **change), source="tier_grant")
        else:
            with pytest.raises(Conflict) as refusal:
                grant(held.customer, 100, of=renewal(held), source="tier_grant")
            assert refusal.value.code == "credits_granted_before"
    assert odd(logs) == ([] if both else ["credits.granted_before"])
    assert account(held.customer).balance == (200 if both else 100)


def test_the_database_alone_refuses_a_second_grant_of_a_period():
    held = make.subscription()
    grant(held.customer, 100, of=renewal(held), source="tier_grant")
    twin = {"subscription": held, "grant_period": date(2026, 11, 1), "kind": "tier", "cause": ""}
    owner = account(held.customer)
    with pytest.raises(IntegrityError, match="credit_is_granted_once"), transaction.atomic():
        CreditLot.objects.create(account=owner, source="tier_grant", amount=5, granted_at=NOW, **twin)
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditLot.objects.create(
            account=owner, source="tier_grant", amount=5, granted_at=NOW, **twin | {"cause": None}
        )


def test_a_package_bought_twice_for_one_invoice_is_granted_once():
    customer = make.customer()
    bought = {"source": "purchase", "kind": "tokens-10k", "cause": "INV-20261118-7K3N9Q4F"}
    grant(customer, 10_000, **bought)
    with capture_logs() as logs, pytest.raises(Conflict):
        grant(customer, 10_000, **bought)
    assert "credits.granted_before" in odd(logs)
    grant(customer, 10_000, **bought | {"cause": "INV-20261118-8K3N9Q4F"})
    assert account(customer).balance == 20_000
    assert all(CreditLot.objects.values_list("paid_for", flat=True))


@pytest.mark.parametrize("wrong", [
    {"amount": 0}, {"amount": -5}, {"amount": True}, {"unit": "minutes"}, {"source": "debt"},
    {"source": "wish"}, {"expires_at": NOW}, {"unit": "money"}, {"key": " "}, {"reason": "x" * 10_001},
])  # fmt: skip
def test_what_cannot_be_is_refused(wrong):
    customer = make.customer()
    with pytest.raises(InvalidInput):
        grant(customer, **{"amount": 5, **wrong})
    assert not CreditAccount.objects.exists()


def test_odd_units_and_customers_leave_a_line():
    with capture_logs() as logs:
        with pytest.raises(InvalidInput):
            grant(make.customer(), 5, unit="minutes")
        with pytest.raises(Missing):
            services.grant(
                customer_id=0, unit="tokens", amount=5, source="goodwill", actor=WORKER, now=NOW, key="k"
            )
    assert odd(logs) == ["credits.unknown_unit", "credits.unknown_customer"]


def test_ten_thousand_characters_of_reason_are_kept():
    grant(make.customer(), 5, reason="x" * 10_000)
    assert len(CreditEntry.objects.get().reason) == 10_000


def test_what_a_person_grants_stands_in_history_once():
    customer, key = make.customer(), form_key()
    for _ in range(2):
        grant(customer, 5, actor=JUDE, reason="Outage", key=key)
    told = HistoryEntry.objects.get(kind="credits.granted")
    assert (told.customer_id, told.actor_name, told.reason) == (customer.pk, "Jude Okafor", "Outage")


def test_a_package_earns_as_it_is_used():
    customer = make.customer()
    grant(customer, 3, source="purchase", sold=Money(1000, "EUR"))
    assert booked() == {}
    for revenue in (333, 667, 1000):
        burn(customer, 1)
        assert booked() == {"deferred_revenue": revenue, "revenue": -revenue}


class TestMany:
    def renewals(self, count: int, amount: int = 100, cause: str = "") -> list[Renewal]:
        price = make.price()
        held = [make.subscription(at=price) for _ in range(count)]
        return [
            Renewal(each.customer_id, amount, renewal(each, cause=cause), NOW + 30 * DAY) for each in held
        ]

    def many(self, renewals: list[Renewal]) -> int:
        return services.grant_many(renewals=renewals, unit="tokens", actor=WORKER, now=NOW, reason="Renewal")

    def test_grants_each_once_however_often(self):
        renewals = self.renewals(5)
        assert self.many(renewals) == 5
        assert self.many(renewals[:3] + renewals[3:]) == 0
        assert sorted(CreditAccount.objects.values_list("balance", flat=True)) == [100] * 5
        assert_sound()

    def test_knows_what_a_single_grant_gave(self):
        first, second = self.renewals(2)
        services.grant(
            customer_id=first.customer_id, unit="tokens", amount=100, source="tier_grant", of=first.cause,
            actor=WORKER, now=NOW, key="webhook",
        )  # fmt: skip
        assert self.many([first, second]) == 1
        with pytest.raises(Conflict):
            services.grant(
                customer_id=second.customer_id, unit="tokens", amount=100, source="tier_grant",
                of=second.cause, actor=WORKER, now=NOW, key="webhook 2",
            )  # fmt: skip
        assert_sound()

    def test_several_for_one_customer_and_one_who_owes(self):
        (one,) = self.renewals(1)
        other = make.subscription(make.customer())
        owes = make.subscription(other.customer)
        lot = grant(other.customer, 70).lot_id
        burn(other.customer, 70)
        services.claw_back(lot_id=lot, returned_minor=1, paid_minor=1, actor=WORKER, now=NOW, key="claw")
        rows = [
            one,
            Renewal(one.customer_id, 5, renewal(make.subscription(other.customer), kind="extra")),
            Renewal(other.customer_id, 50, renewal(other)),
            Renewal(other.customer_id, 50, renewal(owes)),
        ]
        assert self.many(rows) == 4
        assert self.many(rows) == 0
        assert account(other.customer).balance == 30
        assert CreditLot.objects.get(source="debt").remainder == 0
        assert_sound()


def refused(sql: str, *values: object) -> str:
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(error.value)


class TestTheDatabase:
    def test_refuses_what_is_not_an_entry(self):
        customer = make.customer()
        lot = grant(customer, 50).lot_id
        for sql in (
            "UPDATE billing_creditaccount SET balance = 5000",
            "UPDATE billing_creditlot SET remainder = 20",
            "UPDATE billing_creditlot SET expires_at = now()",
            "DELETE FROM billing_creditlot",
            "INSERT INTO billing_creditaccount (customer_id, unit, currency, balance, created_at) "
            f"VALUES ({customer.pk}, 'money', 'EUR', 5, now())",
            f"INSERT INTO billing_creditentrylot (entry_id, lot_id, amount) VALUES (1, {lot}, 5)",
        ):
            assert "by credit entries alone" in refused(sql), sql
        for table in ("creditentry", "creditentrylot"):
            assert "permission denied" in refused(f"DELETE FROM billing_{table}")

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"balance_after": 999}, "credit_entry_tells_the_balance|is left"),
            ({"lot_amounts": [-4]}, "not the sum of its lots"),
            ({"lot_amounts": [-60], "amount": -60, "balance_after": -10}, "within_its_amount"),
            ({"movement": "grant"}, "goes_the_way_of_its_movement"),
            ({"actor_ref": ""}, "names_who_did_it"),
            ({"lot_ids": [], "lot_amounts": []}, "not the sum of its lots"),
        ],
    )
    def test_refuses_an_entry_that_does_not_add_up(self, change, named):
        customer = make.customer()
        lot = grant(customer, 50).lot_id
        columns = {
            "account": account(customer), "movement": "burn", "amount": -5, "balance_after": 45, "at": NOW,
            "lot_ids": [lot], "lot_amounts": [-5], "key": "x", "actor_kind": "system",
            "actor_ref": "system:x",
        }  # fmt: skip
        with pytest.raises(DatabaseError, match=named), transaction.atomic():
            CreditEntry.objects.create(**columns | change)
        CreditEntry.objects.create(**columns)
        assert_sound()

    def test_refuses_a_lot_of_another_account(self):
        customer, other = make.customer(), make.customer()
        lot = grant(other, 50).lot_id
        grant(customer, 50)
        with pytest.raises(DatabaseError, match="another account"), transaction.atomic():
            CreditEntry.objects.create(
                account=account(customer), movement="burn", amount=-5, balance_after=45, at=NOW,
                lot_ids=[lot], lot_amounts=[-5], key="x", actor_kind="system", actor_ref="system:x",
            )  # fmt: skip
