"""Undoing a movement, and clawing back what was refunded."""

import pytest

from billing.credits import services
from billing.credits.models import CreditEntry, CreditLot
from billing.errors import Conflict, InvalidInput
from billing.money import Money
from tests import make
from tests.billing.credits.desk import (
    DAY,
    NOW,
    WORKER,
    account,
    assert_sound,
    booked,
    burn,
    by_hand,
    grant,
    lots,
)  # fmt: skip

pytestmark = pytest.mark.django_db


def undo(entry_id: int, **more):
    return services.reverse(entry_id=entry_id, **by_hand(**more))


def claw(lot_id: int, returned: int, paid: int = 9900, **more):
    return services.claw_back(lot_id=lot_id, returned_minor=returned, paid_minor=paid, **by_hand(**more))


class TestReverse:
    def test_what_was_used_returns_to_its_lots(self):
        customer = make.customer()
        grant(customer, 10)
        grant(customer, 10)
        used = burn(customer, 15)
        moved = undo(used.entry_id)
        assert moved.amount == 15
        assert lots(customer) == [("goodwill", 10, 10), ("goodwill", 10, 10)]
        with pytest.raises(Conflict, match="undone already"):
            undo(used.entry_id)
        assert_sound()

    def test_a_grant_only_while_it_is_whole(self):
        customer = make.customer()
        first, second = grant(customer, 10), grant(customer, 10)
        burn(customer, 1)
        undo(second.entry_id)
        with pytest.raises(Conflict, match="Only 9 of the 10"):
            undo(first.entry_id)
        assert account(customer).balance == 9
        assert_sound()

    def test_revenue_is_deferred_again(self):
        customer = make.customer()
        grant(customer, 3, source="purchase", sold=Money(1000, "EUR"))
        used = burn(customer, 2)
        undo(used.entry_id)
        assert booked() == {}

    def test_what_has_no_opposite_and_money(self):
        customer = make.customer()
        moved = services.move_expiry(lot_id=grant(customer, 5).lot_id, expires_at=NOW + DAY, **by_hand())
        with pytest.raises(Conflict, match="do the opposite"):
            undo(moved.entry_id)
        given = services.give_store_credit(customer_id=customer.pk, amount=Money(5, "EUR"), **by_hand())
        with pytest.raises(Conflict, match="in the ledger"):
            undo(given.entry_id)
        with pytest.raises(InvalidInput):
            undo(given.entry_id, reason="")

    def test_a_clawback_undone_after_its_debt_was_paid(self):
        customer = make.customer()
        bought = grant(customer, 10)
        burn(customer, 8)
        clawed = claw(bought.lot_id, 9900)
        assert account(customer).balance == -8
        grant(customer, 20)
        undo(clawed.entry_id)
        assert account(customer).balance == 22
        assert_sound()
        assert claw(bought.lot_id, 9900).amount == -10
        assert_sound()


class TestClawBack:
    def test_in_proportion_and_never_twice(self):
        customer = make.customer()
        lot = grant(customer, 1000).lot_id
        assert claw(lot, 4950).amount == -500
        assert claw(lot, 4950) is None
        assert claw(lot, 9900).amount == -500
        assert claw(lot, 9900) is None
        assert account(customer).balance == 0
        assert_sound()

    def test_what_no_lot_holds_is_owed_and_paid_first(self):
        customer = make.customer()
        lot = grant(customer, 100).lot_id
        burn(customer, 80)
        grant(customer, 10)
        moved = claw(lot, 9900)
        assert (moved.amount, moved.balance_after) == (-100, -70)
        assert lots(customer)[-1] == ("debt", 0, -70)
        grant(customer, 50)
        assert account(customer).balance == -20
        assert burn(customer, 1).missing == 1
        grant(customer, 50)
        assert lots(customer)[-1] == ("goodwill", 50, 30)
        assert burn(customer, 30).balance_after == 0
        assert_sound()

    def test_where_policy_allows_no_debt_the_rest_is_written_and_not_claimed(self):
        customer = make.customer()
        lot = grant(customer, 100).lot_id
        burn(customer, 80)
        assert claw(lot, 9900, may_owe=False).shortfall == 80
        assert account(customer).balance == 0
        grant(customer, 500)
        assert claw(lot, 9900) is None

    def test_two_debts_are_one_lot(self):
        customer = make.customer()
        first, second = grant(customer, 100).lot_id, grant(customer, 100).lot_id
        burn(customer, 200)
        claw(first, 9900)
        claw(second, 9900)
        assert [lot for lot in lots(customer) if lot[0] == "debt"] == [("debt", 0, -200)]
        assert_sound()

    @pytest.mark.parametrize("order", ["refund, expiry, dispute", "expiry first", "expiry last"])
    def test_whatever_the_order_of_refund_dispute_and_expiry(self, order):
        customer = make.customer()
        lot = grant(customer, 100, expires_at=NOW + DAY).lot_id
        burn(customer, 40)

        def expire():
            services.expire_due(actor=WORKER, now=NOW + DAY)

        deeds = [lambda: claw(lot, 4950, now=NOW + DAY), lambda: claw(lot, 9900, now=NOW + DAY)]
        deeds.insert({"refund, expiry, dispute": 1, "expiry first": 0, "expiry last": 2}[order], expire)
        for deed in deeds:
            deed()
        assert account(customer).balance == -40
        assert_sound()

    def test_a_key_again_and_a_share_that_cannot_be(self):
        customer = make.customer()
        lot = grant(customer, 100).lot_id
        assert claw(lot, 100, key="k").entry_id == claw(lot, 100, key="k").entry_id
        with pytest.raises(Conflict):
            claw(lot, 200, key="k")
        for returned, paid in ((-1, 10), (11, 10), (0, 0)):
            with pytest.raises(InvalidInput):
                claw(lot, returned, paid)
        assert CreditEntry.objects.filter(movement="clawback").get().about_id == lot
        assert CreditLot.objects.count() == 1
