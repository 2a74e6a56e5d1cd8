"""The sandbox behaves like a gateway: keys, limits, outcomes by card and amount, messages."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from billing.gateways import charge_outcomes, outcomes, signing
from billing.gateways.errors import Declined, Garbage, GatewayRefused, Unreachable
from billing.gateways.models import SandboxEvent, SandboxObject
from billing.gateways.sandbox import Sandbox, refund_fact
from billing.gateways.sandbox_events import deliver_due
from billing.ids import form_key
from billing.money import Money
from tests.billing.refunds.desk import a_payment
from tests.gateways.server import Answer, answering

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
REFERENCE = "REF-20261118-7K2M9QPA"
HOUR_LATER = NOW + timedelta(hours=1)
SECRET = "a secret for these tests only"

pytestmark = pytest.mark.django_db(transaction=True)


def sandbox(at: datetime = NOW) -> Sandbox:
    return Sandbox(clock=lambda: at)


def refund(payment, minor=6_000, key=REFERENCE, at=NOW, currency="EUR"):
    where = payment if isinstance(payment, str) else payment.gateway_id
    return sandbox(at).refund(where, Money(minor, currency), key=key, reason="duplicate", metadata={})


def made(payment) -> int:
    return SandboxObject.objects.filter(kind="refund", parent_id=payment.gateway_id).count()


def test_succeeds_and_remembers_the_key():
    payment = a_payment()
    first, again = refund(payment), refund(payment, at=HOUR_LATER)
    assert first == again
    assert (first.state, first.reference, first.as_of) == ("succeeded", REFERENCE, NOW)
    assert made(payment) == 1


def test_the_same_key_with_other_parameters_is_refused():
    payment, other = a_payment(), a_payment()
    refund(payment)
    for call in (lambda: refund(payment, 5_000), lambda: refund(other)):
        with pytest.raises(GatewayRefused) as refusal:
            call()
        assert refusal.value.code == "key_reused"


def test_gives_back_no_more_than_was_paid():
    payment = a_payment(10_000)
    refund(payment, 6_000)
    with pytest.raises(GatewayRefused, match=r"Only 40\.00 EUR") as refusal:
        refund(payment, 6_000, key=form_key())
    assert refusal.value.code == "amount_too_large"
    assert refund(payment, 4_000, key=form_key()).state == "succeeded"


def test_adopts_a_payment_that_it_never_heard_of():
    assert refund("sbx_pay_somebody_elses", 123_456).state == "succeeded"
    with pytest.raises(GatewayRefused, match="does not know"):
        refund("pi_3Okafor", key=form_key())
    with pytest.raises(GatewayRefused, match="in EUR, not in USD"):
        refund("sbx_pay_somebody_elses", key=form_key(), currency="USD")


TROUBLES = {
    "timeout": Unreachable,
    "rate_limited": Unreachable,
    "server_error": Unreachable,
    "garbage": Garbage,
}


@pytest.mark.parametrize("by", ["card", "amount"])
def test_each_row_of_the_table(by):
    for number, outcome in outcomes.BY_AMOUNT.items():
        card = next(card for card, each in outcomes.BY_CARD.items() if each == outcome)
        payment = a_payment(card=card if by == "card" else outcomes.AMOUNT_DECIDES)
        goes_as_told(payment, 6_000 if by == "card" else 5_000 + number, outcome)


def goes_as_told(payment, minor, outcome):
    key = form_key()
    for _ in range(min(outcome.troubled_calls, 3)):
        with pytest.raises(TROUBLES[outcome.trouble]):
            refund(payment, minor, key)
        assert made(payment) == int(outcome.done_despite), outcome
    if outcome.troubled_calls > 3:
        return
    if outcome.state == "declined":
        for _ in range(2):
            with pytest.raises(Declined) as no:
                refund(payment, minor, key)
            assert (no.value.code, no.value.hard) == (outcome.code, outcome.hard)
        assert made(payment) == 0
        return
    fact = refund(payment, minor, key)
    assert fact.state == outcome.state, outcome
    assert made(payment) == 1
    found = sandbox(HOUR_LATER).retrieve_refund(fact.gateway_id)
    assert found == sandbox(HOUR_LATER).find_refund(payment.gateway_id, key)
    assert (found.state, found.as_of) == (outcome.later or outcome.state, HOUR_LATER)
    owed = SandboxEvent.objects.filter(body__data__object__id=fact.gateway_id).order_by("due_at")
    later = {"failed": ["refund.failed"], "succeeded": ["refund.updated"], "": []}[outcome.later]
    assert list(owed.values_list("type", flat=True)) == ["refund.created", *later]


@pytest.mark.parametrize(("what", "code"), [("a refund", outcomes), ("a charge", charge_outcomes)])
def test_the_tables_in_the_readme_are_the_tables_in_the_code(what, code):
    readme = (Path(outcomes.__file__).parent / "README.md").read_text()
    table = readme.partition(f"what happens to {what} |\n")[2].partition("\n\n")[0]
    rows = [
        line.split("|")[1:3] for line in table.splitlines() if "any other" not in line and "---" not in line
    ]
    told = {
        (card.strip(), int(amount))
        for cards, amounts in rows
        for card, amount in zip(cards.split(","), amounts.split(",") * len(cards.split(",")), strict=False)
    }
    assert told == {
        (card, next(number for number, each in code.BY_AMOUNT.items() if each == outcome))
        for card, outcome in code.BY_CARD.items()
    }


def test_a_refund_that_waits_for_the_customer_can_be_called_back():
    payment = a_payment(card="3184")
    fact = refund(payment)
    canceled = sandbox(HOUR_LATER).cancel_refund(fact.gateway_id, key=form_key())
    assert (canceled.state, canceled.as_of) == ("canceled", HOUR_LATER)
    assert sandbox(HOUR_LATER).cancel_refund(fact.gateway_id, key=form_key()).state == "canceled"
    done = refund(a_payment(), key=form_key())
    with pytest.raises(GatewayRefused, match="waits for the customer"):
        sandbox().cancel_refund(done.gateway_id, key=form_key())


def test_made_past_the_desk_it_has_no_reference_of_ours():
    payment = a_payment()
    fact = sandbox().refund_elsewhere(payment.gateway_id, Money(700, "EUR"))
    assert (fact.reference, fact.state) == ("", "succeeded")
    assert sandbox().find_refund(payment.gateway_id, REFERENCE) is None
    assert sandbox().retrieve_refund("sbx_re_nobody") is None


def test_never_inside_a_transaction():
    payment = a_payment()
    for call in (
        lambda: refund(payment),
        lambda: sandbox().find_refund(payment.gateway_id, REFERENCE),
        lambda: sandbox().retrieve_refund("sbx_re_1"),
    ):
        with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
            call()


class TestDelivery:
    @pytest.fixture(autouse=True)
    def _secret(self, settings):
        settings.SANDBOX_WEBHOOK_SECRET = SECRET

    def deliver(self, settings, answer, at=NOW):
        with answering(answer) as server:
            settings.SANDBOX_DELIVERY_URL = server.url
            return deliver_due(now=at), server.asked

    def test_what_is_due_is_posted_signed_and_once(self, settings):
        import json

        fact = refund(a_payment(card="3202"))

        taken, (post,) = self.deliver(settings, lambda asked: Answer(200))

        assert taken == 1
        assert (post.method, post.path) == ("POST", "/webhooks/sandbox/")
        header = post.headers[signing.HEADER]
        assert signing.verify(post.body, header, [SECRET], tolerance=timedelta(minutes=5), now=NOW)
        event = json.loads(post.body)
        assert event["type"] == "refund.created"
        assert refund_fact(event["data"]["object"]) == fact
        assert self.deliver(settings, lambda asked: Answer(200)) == (0, [])

        taken, asked = self.deliver(settings, lambda asked: Answer(204), at=HOUR_LATER)

        event = json.loads(asked[0].body)
        later = refund_fact(event["data"]["object"])
        assert (taken, event["type"], later.state, later.failure_code) == (
            1,
            "refund.failed",
            "failed",
            "declined",
        )
        assert later.as_of == NOW + timedelta(seconds=60) == datetime.fromtimestamp(event["created"], UTC)
        assert set(event["data"]["object"]) == {
            "id", "object", "payment", "amount_minor", "currency", "state", "reason", "reference",
            "created_at", "as_of", "failure_code", "message",
        }  # fmt: skip

    @pytest.mark.parametrize("answer", [Answer(500), Answer(403), None], ids=["500", "403", "no answer"])
    def test_what_is_not_taken_comes_again_later_and_later(self, settings, answer):
        refund(a_payment())
        at = NOW
        for minutes in (1, 2, 4):
            taken, asked = self.deliver(settings, lambda asked: answer, at=at)
            assert (taken, len(asked)) == (0, 1)
            event = SandboxEvent.objects.get()
            assert (event.due_at, event.delivered_at) == (at + timedelta(minutes=minutes), None)
            at = event.due_at
        assert self.deliver(settings, lambda asked: Answer(200), at=at)[0] == 1

    def test_one_that_nobody_takes_does_not_hold_back_the_others(self, settings):
        refund(a_payment())
        refund(a_payment(), key=form_key())
        answers = iter([Answer(500), Answer(200)])
        assert self.deliver(settings, lambda asked: next(answers))[0] == 1

    def test_without_a_secret_nothing_goes_out(self, settings):
        settings.SANDBOX_WEBHOOK_SECRET = ""
        refund(a_payment())
        assert self.deliver(settings, lambda asked: Answer(200)) == (0, [])


class TestSigning:
    header = signing.sign(b"body", SECRET, now=NOW)

    def verify(self, body=b"body", header=None, secrets=(SECRET,), now=NOW):
        sent = self.header if header is None else header
        return signing.verify(body, sent, secrets, tolerance=timedelta(minutes=5), now=now)

    def test_signed(self):
        assert self.verify()
        assert self.verify(secrets=["former", SECRET])

    @pytest.mark.parametrize(
        "wrong",
        [
            {"body": b"body "},
            {"header": ""},
            {"header": "t=1,v1=zz"},
            {"secrets": ["another"]},
            {"secrets": []},
            {"secrets": [""]},
            {"now": NOW + timedelta(minutes=6)},
            {"now": NOW - timedelta(minutes=6)},
        ],
    )
    def test_not_signed(self, wrong):
        assert not self.verify(**wrong)

    def test_an_empty_secret_signs_nothing(self):
        assert not self.verify(header=signing.sign(b"body", "", now=NOW), secrets=[""])
