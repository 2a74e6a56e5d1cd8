"""Usage pushed to a gateway that bills by it: promised first, sent once, kept as it was answered.

`localstripe` has no meters, so a small server that remembers what it was asked stands in for Stripe.
"""

import json
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest

from billing.errors import Conflict, InvalidInput
from billing.history.actors import person
from billing.models import Alert, GatewayMeter, MeterPush, UsageEvent
from billing.usage import pushing
from billing.usage.services import record_usage
from tests import make
from tests.billing.usage.desk import HOST
from tests.gateways.server import Answer, answering

pytestmark = pytest.mark.django_db(transaction=True)

NOW = make.NOW
RUTH = person(4, "Ruth Adeyemi")
LATER = timedelta(minutes=2)


class Meters:
    """Stripe's meter events as its documentation tells: one for each identifier, a second is refused."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}
        self.trouble: list[Answer | None] = []
        self.loses_answers = False

    def __call__(self, asked):
        assert asked.path == "/v1/billing/meter_events"
        if self.trouble:
            return self.trouble.pop(0)
        form = asked.form
        identifier = form["identifier"]
        if identifier in self.kept:
            said = f"An event already exists with identifier {identifier}."
            return Answer(
                400, json.dumps({"error": {"type": "invalid_request_error", "message": said}}).encode()
            )
        self.kept[identifier] = form
        if self.loses_answers:
            return None
        made = {
            "object": "billing.meter_event",
            "identifier": identifier,
            "event_name": form["event_name"],
            "timestamp": int(form["timestamp"]),
        }
        return Answer(200, json.dumps(made).encode())


@contextmanager
def stripe(settings):
    meters = Meters()
    with answering(meters) as server:
        settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "sk_test_HaldenNotARealKey42", server.url
        yield meters


def mapped(settings, meter=None) -> GatewayMeter:
    settings.STRIPE_API_KEY = "sk_test_HaldenNotARealKey42"
    return pushing.map_meter(
        meter=(meter or make.meter()).slug, gateway="stripe", event_name="api_calls",
        reason="Stripe bills them", actor=RUTH, now=NOW - timedelta(days=1),
    )  # fmt: skip


def collected(**more):
    """A customer whose subscription Stripe collects."""
    number = make.serial()
    customer = make.customer(gateway="stripe", gateway_id=f"cus_{number}")
    make.subscription(customer, collected_by="gateway", gateway="stripe", gateway_id=f"sub_{number}", **more)
    return customer


def use(customer, meter, quantity=3, *, key="", at=NOW, now=NOW):
    return record_usage(
        customer_id=customer.pk, meter=meter.slug, quantity=quantity, key=key or f"order-{make.serial()}",
        at=at, actor=HOST, now=now,
    )  # fmt: skip


def push(now=NOW):
    pushing.promise_pushes(now=now)
    return pushing.push_due(now=now)


def test_an_event_is_promised_and_sent_once(settings):
    row, customer = mapped(settings), collected()
    use(customer, row.meter, 3, key="order-4711", at=NOW - timedelta(hours=2))
    with stripe(settings) as meters:
        assert push() == 1
        assert push(NOW + LATER) == 0

    event, kept = UsageEvent.objects.get(), MeterPush.objects.get()
    ((identifier, form),) = meters.kept.items()
    assert identifier == f"usage-{event.pk}-order-4711" == kept.identifier == kept.accepted_id
    assert form["payload[stripe_customer_id]"] == customer.gateway_id
    assert (form["event_name"], form["payload[value]"]) == ("api_calls", "3")
    assert kept.told_at == NOW - timedelta(hours=2) and kept.sent_at == NOW and kept.due_at is None


def test_only_what_a_gateway_collects_and_a_mapped_meter_counts_is_pushed(settings):
    row = mapped(settings)
    ours = make.customer(gateway="stripe", gateway_id="cus_ours")
    make.subscription(ours)
    use(ours, row.meter)
    use(collected(), make.meter())
    use(collected(state="canceled", ended_at=NOW), row.meter)
    use(collected(), row.meter, now=NOW - timedelta(days=2), at=NOW - timedelta(days=2))
    assert pushing.promise_pushes(now=NOW) == 0


def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_identifier(settings):
    row = mapped(settings)
    use(collected(), row.meter)
    with stripe(settings) as meters:
        meters.loses_answers = True
        assert push() == 0
        kept = MeterPush.objects.get()
        assert kept.sent_at is None and kept.tries == 1 and kept.error
        meters.loses_answers = False
        assert push(NOW + timedelta(seconds=30)) == 0, "not before its time"
        assert push(NOW + LATER) == 1
    assert len(meters.kept) == 1, "the second was recognised"
    kept.refresh_from_db()
    assert kept.sent_at == NOW + LATER and kept.error == ""


def test_a_worker_that_dies_after_the_call_doubles_nothing(settings):
    class Killed(BaseException):
        """The power fails here."""

    row = mapped(settings)
    use(collected(), row.meter)
    with stripe(settings) as meters:
        dies = patch("billing.usage.pushing.MeterPush.objects.filter", side_effect=Killed)
        pushing.promise_pushes(now=NOW)
        rows = pushing._take("stripe", 10, NOW)
        with dies, pytest.raises(Killed):
            pushing._send("stripe", rows, NOW)
        assert len(meters.kept) == 1 and MeterPush.objects.get().sent_at is None
        assert push(NOW + LATER) == 1
    assert len(meters.kept) == 1 and MeterPush.objects.get().sent_at == NOW + LATER


def test_what_the_gateway_refuses_is_given_up_and_told(settings):
    row = mapped(settings)
    use(collected(), row.meter)
    use(collected(), row.meter)
    with stripe(settings) as meters:
        said = {"error": {"type": "invalid_request_error", "message": "No such customer: cus_gone"}}
        meters.trouble = [Answer(400, json.dumps(said).encode())]
        push()
    first, second = MeterPush.objects.order_by("pk")
    assert first.given_up_at == NOW and first.error == "No such customer: cus_gone"
    assert second.sent_at == NOW, "one that is refused stops nobody"
    assert "1 event of api_calls could not be pushed" in Alert.objects.get(kind=pushing.ALERT).sentence


def test_a_gateway_that_does_not_answer_is_not_pressed(settings):
    row = mapped(settings)
    for _ in range(5):
        use(collected(), row.meter)
    with stripe(settings) as meters:
        meters.trouble = [Answer(503)]
        assert push() == 0
        assert len(meters.kept) == 0
        assert push(NOW + LATER) == 5


def test_what_nobody_answered_for_a_day_is_not_sent_again_blindly(settings):
    row = mapped(settings)
    use(collected(), row.meter)
    with stripe(settings) as meters:
        meters.trouble = [None]
        push()
        push(NOW + timedelta(hours=25))
    kept = MeterPush.objects.get()
    assert kept.given_up_at and "not known" in kept.error and not meters.kept


def test_usage_that_is_too_old_for_the_gateway_is_given_up_without_a_call(settings):
    row = mapped(settings)
    use(collected(), row.meter, at=NOW - timedelta(days=36))
    with stripe(settings) as meters:
        push()
    assert "gateway takes no usage that old" in MeterPush.objects.get().error and not meters.kept


def test_no_call_is_made_inside_a_transaction(settings):
    from django.db import transaction

    row = mapped(settings)
    use(collected(), row.meter)
    pushing.promise_pushes(now=NOW)
    with stripe(settings) as meters, transaction.atomic(), pytest.raises(RuntimeError, match="never called"):
        pushing.push_due(now=NOW)
    assert not meters.kept


def test_an_event_that_commits_late_is_promised_too(settings):
    row, customer = mapped(settings), collected()
    pushing.promise_pushes(now=NOW)
    use(customer, row.meter, now=NOW - timedelta(minutes=20), at=NOW - timedelta(minutes=20))
    assert pushing.promise_pushes(now=NOW + LATER) == 1


def test_a_meter_is_mapped_once_and_stops_when_asked(settings):
    row = mapped(settings)
    with pytest.raises(Conflict, match="is pushed there already"):
        mapped(settings, row.meter)
    with pytest.raises(InvalidInput, match="Event name"):
        pushing.map_meter(
            meter=make.meter().slug, gateway="stripe", event_name=" ", reason="x", actor=RUTH, now=NOW
        )
    pushing.unmap_meter(gateway_meter_id=row.pk, reason="Billed by us now", actor=RUTH, now=NOW)
    use(collected(), row.meter)
    assert pushing.promise_pushes(now=NOW + LATER) == 0
