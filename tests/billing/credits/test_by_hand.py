"""What staff do to lots: take back, move the end, transfer."""

from datetime import date

import pytest

from billing.credits import services
from billing.credits.models import CreditEntry, CreditLot
from billing.credits.services import Short
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.models import HistoryEntry
from billing.ids import form_key
from billing.money import Money
from tests import make
from tests.billing.credits.desk import DAY, NOW, account, assert_sound, booked, burn, by_hand, grant, lots

pytestmark = pytest.mark.django_db


class TestTakeBack:
    def test_takes_from_the_lot_that_was_given(self):
        customer, key = make.customer(), form_key()
        first, second = grant(customer, 10), grant(customer, 10)
        for _ in range(2):
            moved = services.take_back(lot_id=second.lot_id, amount=7, **by_hand(key=key))
        assert (moved.parts, moved.repeated) == (((second.lot_id, -7),), True)
        assert lots(customer) == [("goodwill", 10, 10), ("goodwill", 10, 3)]
        assert HistoryEntry.objects.filter(kind="credits.taken_back").count() == 1
        assert_sound()
        assert first.balance_after == 10

    def test_no_more_than_is_left(self):
        customer = make.customer()
        lot = grant(customer, 10).lot_id
        burn(customer, 8)
        with pytest.raises(Conflict, match="only 2 of it is left"):
            services.take_back(lot_id=lot, amount=3, **by_hand())

    def test_given_store_credit_goes_back_to_goodwill(self):
        customer = make.customer()
        lot = services.give_store_credit(
            customer_id=customer.pk, amount=Money(1500, "EUR"), **by_hand()
        ).lot_id
        services.take_back(lot_id=lot, amount=1000, **by_hand())
        assert booked() == {"goodwill": 500, "customer_balance": -500}
        assert_sound()

    @pytest.mark.parametrize("wrong", [{"reason": "  "}, {"amount": 0}])
    def test_what_cannot_be(self, wrong):
        lot = grant(make.customer(), 10).lot_id
        with pytest.raises(InvalidInput):
            services.take_back(**{"lot_id": lot, "amount": 1, **by_hand(), **wrong})
        with pytest.raises(Missing):
            services.take_back(lot_id=0, amount=1, **by_hand())


class TestMoveExpiry:
    def test_says_before_and_after(self):
        lot = grant(make.customer(), 10, expires_at=NOW + DAY).lot_id
        moved = services.move_expiry(lot_id=lot, expires_at=NOW + 90 * DAY, **by_hand())
        assert (moved.amount, moved.parts) == (0, ((lot, 0),))
        assert CreditLot.objects.get().expires_at == NOW + 90 * DAY
        facts = HistoryEntry.objects.get(kind="credits.expiry_moved").facts
        assert facts["before"] == (NOW + DAY).isoformat()
        assert facts["after"] == (NOW + 90 * DAY).isoformat()
        assert_sound()

    def test_not_into_the_past_and_not_of_what_is_over(self):
        customer = make.customer()
        lot = grant(customer, 10, expires_at=NOW + DAY).lot_id
        with pytest.raises(InvalidInput):
            services.move_expiry(lot_id=lot, expires_at=NOW, **by_hand())
        with pytest.raises(Conflict, match="grant new ones"):
            services.move_expiry(lot_id=lot, expires_at=NOW + 9 * DAY, **by_hand(now=NOW + DAY))


class TestTransfer:
    def accounts(self, customer):
        grant(customer, 1, unit="ai_requests")
        return {"from_account_id": account(customer).pk, "to_account_id": account(customer, "ai_requests").pk}

    def test_moves_lots_with_their_end(self):
        customer = make.customer()
        grant(customer, 10, expires_at=NOW + DAY)
        grant(customer, 10, source="purchase")
        out, arrived = services.transfer(**self.accounts(customer), amount=15, arrives=3, **by_hand())
        assert (out.balance_after, arrived.balance_after) == (5, 4)
        assert lots(customer, "ai_requests") == [("goodwill", 1, 1), ("goodwill", 2, 2), ("purchase", 1, 1)]
        came = CreditLot.objects.filter(came_from__isnull=False).order_by("pk")
        assert [lot.expires_at for lot in came] == [NOW + DAY, None]
        assert [lot.paid_for for lot in came] == [False, True]
        assert_sound()

    def test_pays_a_debt_there_first(self):
        customer = make.customer()
        grant(customer, 10)
        both = self.accounts(customer)
        lot = CreditLot.objects.get(account=both["to_account_id"])
        burn(customer, 1, unit="ai_requests")
        services.claw_back(lot_id=lot.pk, returned_minor=1, paid_minor=1, **by_hand())
        services.transfer(**both, amount=10, **by_hand())
        assert account(customer, "ai_requests").balance == 9
        assert_sound()

    def test_too_few_is_an_answer_and_a_repeat_changes_nothing(self):
        customer, key = make.customer(), form_key()
        grant(customer, 10)
        both = self.accounts(customer)
        assert services.transfer(**both, amount=11, **by_hand()) == Short(11, 10)
        for _ in range(2):
            services.transfer(**both, amount=4, **by_hand(key=key))
        assert account(customer).balance == 6

    def test_not_to_somebody_else_nor_of_money_nor_of_sold_units(self):
        customer, other = make.customer(), make.customer()
        for each in (customer, other):
            grant(each, 10)
        services.give_store_credit(customer_id=customer.pk, amount=Money(5, "EUR"), **by_hand())
        tokens, theirs = account(customer).pk, account(other).pk
        money = account(customer, "money", "EUR").pk
        for source, target, named in (
            (tokens, theirs, "same customer"),
            (money, tokens, "money in the books"),
        ):
            with pytest.raises(Conflict, match=named):
                services.transfer(from_account_id=source, to_account_id=target, amount=1, **by_hand())
        with pytest.raises(InvalidInput):
            services.transfer(from_account_id=tokens, to_account_id=tokens, amount=1, **by_hand())
        both = self.accounts(customer)
        grant(customer, 10, source="purchase", sold=Money(100, "EUR"))
        with pytest.raises(Conflict, match="package"):
            services.transfer(**both, amount=1, **by_hand())


def test_a_row_of_a_bulk_grant_is_done_once():
    from billing.credits.bulk import grant_row
    from billing.jobs.models import RunRow
    from tests.billing.credits.desk import JUDE

    customer = make.customer()
    row = RunRow(run_id=5, subject_kind="customer", subject_id=customer.pk, label="x")
    asked = {"unit": "tokens", "amount": 1000, "reason": "Outage", "expires_at": "2027-01-01T00:00:00+00:00"}
    for _ in range(2):
        assert grant_row(row, asked, actor=JUDE, now=NOW) == "Granted 1,000; the balance is 1,000"
    money = {"unit": "money", "currency": "JPY", "amount": 500, "reason": "Outage"}
    assert "500" in grant_row(row, money, actor=JUDE, now=NOW)
    assert CreditEntry.objects.count() == 2
    assert date(2027, 1, 1) == CreditLot.objects.order_by("pk")[0].expires_at.date()
