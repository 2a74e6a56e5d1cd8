"""Any history leaves balance, ledger and lots equal, one grant per period, and no lot out of bounds."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.credits import services
from billing.credits.models import CreditAccount, CreditEntry, CreditLot
from billing.errors import Refused
from billing.ids import form_key
from billing.money import Money
from tests import make
from tests.billing.credits.desk import NOW, WORKER, assert_sound

pytestmark = pytest.mark.django_db

EXAMPLES = 12 if settings.default.max_examples <= 100 else 1_000
AMOUNT = st.integers(1, 60)
PICK = st.integers(0, 30)
DEEDS = st.one_of(
    st.tuples(st.just("grant"), AMOUNT, st.sampled_from([None, 1, 3]), st.booleans()),
    st.tuples(st.just("renew"), AMOUNT, st.integers(1, 3)),
    st.tuples(st.just("renew_many"), AMOUNT, st.integers(1, 3)),
    st.tuples(st.just("burn"), AMOUNT),
    st.tuples(st.just("expire")),
    st.tuples(st.just("take_back"), PICK, AMOUNT),
    st.tuples(st.just("move_expiry"), PICK),
    st.tuples(st.just("transfer"), AMOUNT, AMOUNT),
    st.tuples(st.just("reverse"), PICK),
    st.tuples(st.just("claw_back"), PICK, st.integers(1, 100), st.booleans()),
    st.tuples(st.just("give"), AMOUNT),
    st.tuples(st.just("use"), AMOUNT),
)


class Desk:
    """One customer with a subscription, to whom things happen an hour apart."""

    def __init__(self) -> None:
        self.held = make.subscription()
        self.customer_id = self.held.customer_id
        self.now = NOW
        for unit in ("tokens", "ai_requests"):
            self.grant(1, None, False, unit)

    def who(self) -> dict:
        return {"actor": WORKER, "now": self.now, "key": form_key(), "reason": "History"}

    def do(self, deed: tuple) -> None:
        self.now += timedelta(hours=9)
        verb, *rest = deed
        with suppress(Refused):  # an ordinary answer
            getattr(self, verb)(*rest)

    def grant(self, amount, days, sold, unit="tokens") -> None:
        services.grant(
            customer_id=self.customer_id, unit=unit, amount=amount, source="purchase" if sold else "goodwill",
            expires_at=days and self.now + timedelta(days=days), sold=Money(997, "EUR") if sold else None,
            **self.who(),
        )  # fmt: skip

    def cause(self, month: int) -> services.Cause:
        return services.Cause(self.held.pk, date(2026, month, 1), "tier")

    def renew(self, amount, month) -> None:
        services.grant(
            customer_id=self.customer_id, unit="tokens", amount=amount, source="tier_grant",
            of=self.cause(month), **self.who(),
        )  # fmt: skip

    def renew_many(self, amount, month) -> None:
        row = services.Renewal(self.customer_id, amount, self.cause(month))
        services.grant_many(renewals=[row], unit="tokens", actor=WORKER, now=self.now)

    def burn(self, amount) -> None:
        who = self.who()
        first = services.burn(customer_id=self.customer_id, unit="tokens", amount=amount, **who)
        again = services.burn(customer_id=self.customer_id, unit="tokens", amount=amount, **who)
        assert isinstance(first, services.Short) or again.repeated

    def expire(self) -> None:
        services.expire_due(actor=WORKER, now=self.now)

    def lot(self, pick) -> CreditLot:
        lots = CreditLot.objects.order_by("pk")
        return lots[pick % lots.count()]

    def take_back(self, pick, amount) -> None:
        services.take_back(lot_id=self.lot(pick).pk, amount=amount, **self.who())

    def move_expiry(self, pick) -> None:
        services.move_expiry(lot_id=self.lot(pick).pk, expires_at=self.now + timedelta(days=2), **self.who())

    def transfer(self, amount, arrives) -> None:
        ids = {each.unit: each.pk for each in CreditAccount.objects.all()}
        services.transfer(
            from_account_id=ids["tokens"], to_account_id=ids["ai_requests"], amount=amount, arrives=arrives,
            **self.who(),
        )  # fmt: skip

    def reverse(self, pick) -> None:
        entries = CreditEntry.objects.order_by("-pk")
        services.reverse(entry_id=entries[pick % entries.count()].pk, **self.who())

    def claw_back(self, pick, percent, may_owe) -> None:
        lot = self.lot(pick)
        if lot.source != "debt":
            services.claw_back(
                lot_id=lot.pk, returned_minor=percent, paid_minor=100, may_owe=may_owe, **self.who()
            )

    def give(self, amount) -> None:
        services.give_store_credit(customer_id=self.customer_id, amount=Money(amount, "EUR"), **self.who())

    def use(self, amount) -> None:
        services.use_store_credit(customer_id=self.customer_id, amount=Money(amount, "EUR"), **self.who())


def assert_nobody_clawed_more_than_granted() -> None:
    for lot in CreditLot.objects.exclude(source="debt"):
        about = CreditEntry.objects.filter(about=lot)
        assert -sum(entry.amount for entry in about) <= lot.amount


def assert_granted_once() -> None:
    causes = list(
        CreditLot.objects.filter(subscription__isnull=False).values_list(
            "subscription", "grant_period", "kind", "cause"
        )
    )
    assert len(causes) == len(set(causes))


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(DEEDS, min_size=4, max_size=14))
def test_any_history_holds(history):
    with transaction.atomic():
        holds_after(history)
        transaction.set_rollback(True)


def holds_after(history: list[tuple]) -> None:
    desk = Desk()
    for deed in history:
        desk.do(deed)
    assert_sound()
    assert_granted_once()
    assert_nobody_clawed_more_than_granted()
    for unit in ("tokens", "ai_requests"):
        lots = CreditLot.objects.filter(account__unit=unit, is_open=True)
        owes = lots.filter(source="debt").exists()
        usable = [lot for lot in lots if lot.remainder > 0 and not lot.has_expired(desk.now)]
        assert not (owes and usable), "a debt stands beside units that can be used"
