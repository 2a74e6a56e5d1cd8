"""The end of a subscription at a gateway: set once under a key, taken off, and read back."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from billing.gateways.errors import Garbage, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.models import SandboxObject
from billing.gateways.registry import subscriber_named
from billing.gateways.sandbox import Sandbox
from billing.gateways.sandbox_subscriptions import subscribe
from billing.gateways.stripe import Stripe
from tests.gateways.server import Answer, answering

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
END = datetime(2027, 3, 1, tzinfo=UTC)
KEY = "COM-7K2M9QPA:1"
STRIPE = {
    "id": "sub_1Okafor",
    "object": "subscription",
    "customer": "cus_1",
    "status": "active",
    "currency": "eur",
    "created": 1772323200,
    "billing_cycle_anchor": 1772323200,
    "cancel_at": int(END.timestamp()),
    "cancel_at_period_end": False,
    "canceled_at": 1795080600,
    "ended_at": None,
    "items": {"object": "list", "data": [], "has_more": False},
}


class TestSandbox:
    pytestmark = pytest.mark.django_db(transaction=True)

    def at(self, moment: datetime) -> Sandbox:
        return Sandbox(clock=lambda: moment)

    def made(self, **more: object) -> str:
        return subscribe("sbx_sub_1", anchor_at=datetime(2026, 3, 1, tzinfo=UTC), **more).id

    def test_it_ends_at_the_moment_and_not_before(self) -> None:
        sub = self.made()
        fact = self.at(NOW).cancel_at(sub, END, key=KEY)
        assert (fact.state, fact.cancel_at, fact.ended_at) == ("active", END, None)
        assert fact.current_period_end == datetime(2026, 12, 1, tzinfo=UTC)
        before = self.at(END - timedelta(seconds=1)).retrieve_subscription(sub)
        after = self.at(END).retrieve_subscription(sub)
        assert before and after and (before.state, after.state, after.ended_at) == ("active", "canceled", END)

    def test_the_same_key_twice_is_once_and_another_date_is_refused(self) -> None:
        sub = self.made()
        self.at(NOW).cancel_at(sub, END, key=KEY)
        self.at(NOW).cancel_at(sub, None, key="COM-7K2M9QPA:2")
        again = self.at(NOW).cancel_at(sub, END, key=KEY)
        assert again.cancel_at is None, "an old call that arrives late does nothing"
        with pytest.raises(GatewayRefused, match="another date"):
            self.at(NOW).cancel_at(sub, END + timedelta(days=1), key=KEY)

    def test_trouble_comes_before_or_after_it_is_done(self) -> None:
        sub = self.made(trouble=["unreachable", "timeout"])
        for expected in (None, END.isoformat()):
            with pytest.raises(Unreachable):
                self.at(NOW).cancel_at(sub, END, key=KEY)
            assert SandboxObject.objects.get(pk=sub).body["cancel_at"] == expected
        assert self.at(NOW).cancel_at(sub, END, key=KEY).cancel_at == END

    def test_it_may_forget(self) -> None:
        sub = self.made(forgets_at=(NOW + timedelta(days=2)).isoformat())
        self.at(NOW).cancel_at(sub, END, key=KEY)
        lost = self.at(NOW + timedelta(days=2)).retrieve_subscription(sub)
        gone_by = self.at(END + timedelta(days=1)).retrieve_subscription(sub)
        assert lost and lost.cancel_at is None and gone_by and gone_by.state == "active"

    def test_now_is_now_and_the_same_key_later_changes_nothing(self) -> None:
        sub = self.made()
        fact = self.at(NOW).cancel_now(sub, key=KEY)
        again = self.at(NOW + timedelta(hours=1)).cancel_now(sub, key=KEY)
        assert (fact.state, fact.ended_at) == (again.state, again.ended_at) == ("canceled", NOW)

    def test_what_is_not_there_or_over_is_refused(self) -> None:
        assert self.at(NOW).retrieve_subscription("sbx_sub_none") is None
        with pytest.raises(GatewayRefused, match="does not know"):
            self.at(NOW).cancel_at("sbx_sub_none", END, key=KEY)
        sub = self.made(cancel_at=(NOW - timedelta(days=1)).isoformat())
        with pytest.raises(GatewayRefused, match="has ended"):
            self.at(NOW).cancel_at(sub, END, key=KEY)

    def test_never_inside_a_transaction(self) -> None:
        sub = self.made()
        with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
            self.at(NOW).cancel_at(sub, END, key=KEY)


@pytest.fixture
def _key(settings) -> None:
    settings.STRIPE_API_KEY = "sk_test_HaldenNotARealKey42"


def ok(body: object) -> Answer:
    return Answer(200, json.dumps(body).encode())


@pytest.mark.usefixtures("_key")
class TestStripe:
    def test_sends_the_moment_the_key_and_no_proration(self, settings) -> None:
        with answering(lambda asked: ok(STRIPE)) as server:
            settings.STRIPE_API_BASE = server.url
            fact = Stripe().cancel_at("sub_1Okafor", END, key=KEY)
        (asked,) = server.asked
        assert (asked.method, asked.path) == ("POST", "/v1/subscriptions/sub_1Okafor")
        assert asked.headers["Idempotency-Key"] == KEY
        assert asked.form == {"cancel_at": str(int(END.timestamp())), "proration_behavior": "none"}
        assert (fact.gateway_id, fact.state, fact.cancel_at) == ("sub_1Okafor", "active", END)

    def test_takes_it_off_with_an_empty_date(self, settings) -> None:
        with answering(lambda asked: ok({**STRIPE, "cancel_at": None})) as server:
            settings.STRIPE_API_BASE = server.url
            fact = Stripe().cancel_at("sub_1Okafor", None, key=KEY)
        assert b"cancel_at=&" in server.asked[0].body + b"&" and fact.cancel_at is None

    def test_ends_it_now_without_a_last_invoice(self, settings) -> None:
        ended = {**STRIPE, "status": "canceled", "ended_at": int(NOW.timestamp()), "cancel_at": None}
        with answering(lambda asked: ok(ended)) as server:
            settings.STRIPE_API_BASE = server.url
            fact = Stripe().cancel_now("sub_1Okafor", key=KEY)
        (asked,) = server.asked
        assert (asked.method, asked.path.partition("?")[0]) == ("DELETE", "/v1/subscriptions/sub_1Okafor")
        assert "invoice_now=false" in asked.path and "prorate=false" in asked.path
        assert (fact.state, fact.ended_at) == ("canceled", NOW)

    def test_reads_it_back_and_knows_what_is_gone(self, settings) -> None:
        gone = Answer(404, json.dumps({"error": {"code": "resource_missing"}}).encode())
        with answering(lambda asked: ok(STRIPE) if "Okafor" in asked.path else gone) as server:
            settings.STRIPE_API_BASE = server.url
            found = Stripe().retrieve_subscription("sub_1Okafor")
            assert found and found.cancel_at == END
            assert Stripe().retrieve_subscription("sub_none") is None

    def test_what_cannot_be_read_is_garbage(self, settings) -> None:
        with answering(lambda asked: ok({**STRIPE, "status": "sleeping"})) as server:
            settings.STRIPE_API_BASE = server.url
            with pytest.raises(Garbage):
                Stripe().retrieve_subscription("sub_1Okafor")


def test_a_gateway_whose_subscriptions_the_desk_cannot_end(settings) -> None:
    settings.YOOKASSA_SHOP_ID, settings.YOOKASSA_SECRET_KEY = "1", "test_x"
    with pytest.raises(NotSetUp):
        subscriber_named("yookassa")
