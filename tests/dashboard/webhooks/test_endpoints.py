"""How endpoints are doing, and the test event that is followed from the sandbox to the books."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.gateways.models import SandboxEvent, SandboxObject
from billing.models import WebhookEvent, WebhookRefusal
from billing.webhooks import health
from tests import make
from tests.big import big_table

pytestmark = pytest.mark.django_db
NOW = (timezone.now() - timedelta(hours=1)).replace(minute=30, second=0, microsecond=0)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def event(ago: timedelta = timedelta(minutes=5), took: timedelta = timedelta(seconds=1), **more: Any) -> None:
    at = NOW - ago
    fields = {
        "source": "stripe", "event_id": f"evt_{make.serial()}", "type": "charge.succeeded",
        "state": "processed", "happened_at": at, "received_at": at, "processed_at": at + took, "attempts": 1,
        **more,
    }  # fmt: skip
    WebhookEvent.objects.create(**fields)


def endpoint(source: str = "stripe", name: str = "", now: datetime = NOW) -> health.Endpoint:
    return next(each for each in health.endpoints(now) if (each.source, each.name) == (source, name))


def test_rates_troubles_and_percentiles_are_of_this_endpoint_and_this_day(settings: Any) -> None:
    settings.WEBHOOK_ENDPOINTS = {"stripe": {"eu-live": ["whsec_eu"]}}
    for seconds in range(1, 101):
        event(timedelta(minutes=30), timedelta(seconds=seconds))
    event(timedelta(seconds=20))
    event(timedelta(hours=3), state="dead", duplicates=2)
    event(timedelta(hours=4), state="failed")
    event(timedelta(hours=25))
    event(timedelta(minutes=1), endpoint="eu-live")
    event(timedelta(minutes=1), source="sandbox")
    usual, named = endpoint(), endpoint(name="eu-live")
    assert (usual.minute, usual.hour, usual.day) == (1, 101, 103)
    assert (usual.failed, usual.dead, usual.duplicates) == (1, 1, 2)
    assert [round(each.total_seconds()) for each in usual.delays] == [50, 95, 99]
    assert usual.last_at == NOW - timedelta(seconds=20)
    assert (named.day, named.secrets, named.declared) == (1, 1, True)


def test_one_that_heard_something_long_ago_still_says_when() -> None:
    event(timedelta(days=40))
    assert endpoint().day == 0 and endpoint().last_at == NOW - timedelta(days=40)
    assert endpoint("paypal").last_at is None and endpoint().delays == ()


def test_an_endpoint_no_longer_declared_is_still_told_of(desk: Client) -> None:
    event(endpoint="old-account")
    found = endpoint(name="old-account")
    assert not found.declared and found.day == 1
    assert "no longer declared" in desk.get("/webhooks/endpoints/").content.decode()


def test_refusals_stand_by_reason() -> None:
    for reason, times, ago in (("mismatch", 7, 1), ("mismatch", 2, 2), ("too_old", 1, 3), ("missing", 9, 30)):
        at = NOW - timedelta(hours=ago)
        WebhookRefusal.objects.create(
            source="stripe", endpoint="", address=f"203.0.113.{ago}", reason=reason, window_at=at, last_at=at,
            times=times,
        )  # fmt: skip
    assert endpoint().refused == {"mismatch": 9, "too_old": 1}


def test_the_age_of_secrets_is_known_or_said_to_be_unknown(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_a", "whsec_b"]
    settings.WEBHOOK_SECRETS_SINCE = {("stripe", ""): (NOW - timedelta(days=30)).date()}
    found = endpoint()
    assert found.secrets == 2 and found.secrets_since is not None
    assert found.secrets_since.date() == (NOW - timedelta(days=30)).date()
    settings.WEBHOOK_SECRETS_SINCE = {}
    assert endpoint().secrets_since is None


def test_hours_of_the_clock_hold_everything_once() -> None:
    event(timedelta(minutes=29))
    event(timedelta(minutes=31), state="dead")
    event(timedelta(hours=23))
    event(timedelta(hours=26))
    hours, cut = health.by_hour(NOW)
    assert len(hours) == 24 and not cut
    assert (hours[-1].received, hours[-2].received, hours[-2].wrong, hours[0].received) == (1, 1, 1, 1)
    assert sum(each.received for each in hours) == 3


def test_what_is_looked_at_is_bounded_and_the_bound_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MOST", 10)
    for minutes in range(1, 16):
        event(timedelta(minutes=minutes))
    found = endpoint()
    assert (found.day, found.since) == (10, NOW - timedelta(minutes=10))


MANY = """
INSERT INTO billing_webhookevent (source, event_id, type, object_kind, object_id, state, happened_at,
    received_at, processed_at, attempts, duplicates, error, endpoint)
SELECT 'stripe', 'evt_m' || n, 'charge.succeeded', '', '', 'processed', now() - n * interval '1 second',
    now() - n * interval '1 second', now(), 1, 0, '', CASE WHEN n %% 2 = 0 THEN 'eu-live' ELSE '' END
FROM generate_series(1, 60000) n
"""


def test_a_busy_day_reads_no_more_than_its_bound() -> None:
    from tests import plans

    with big_table("billing_webhookevent", MANY), CaptureQueriesContext(connection) as captured:
        found = {(each.source, each.name): each for each in health.endpoints(timezone.now())}
        busy = [each["sql"] for each in captured if "passed AS" in each["sql"]]
        assert found["stripe", "eu-live"].day == health.MOST
        assert found["stripe", ""].since is not None
        for statement in busy:
            assert plans.cost_of(statement.replace("%", "%%")).buffers < 4 * health.MOST


def test_the_page_costs_the_same_however_much_there_is(desk: Client, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_a"]
    event()
    desk.get("/webhooks/endpoints/")
    with CaptureQueriesContext(connection) as few:
        desk.get("/webhooks/endpoints/")
    for minutes in range(60):
        event(timedelta(minutes=minutes), state="dead")
    with CaptureQueriesContext(connection) as many:
        told = desk.get("/webhooks/endpoints/").content.decode()
    assert len(many) == len(few)
    assert "Events are dead" in told and "hours-figure" in told
    assert "<caption" in desk.get("/webhooks/endpoints/?table=hours").content.decode()


def test_an_endpoint_without_a_secret_says_that_it_refuses_everything(desk: Client, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    event()
    assert "No secret is set for this endpoint" in desk.get("/webhooks/endpoints/").content.decode()


def test_nothing_heard_and_nothing_set_says_what_to_do(desk: Client, settings: Any) -> None:
    settings.SANDBOX_WEBHOOK_SECRET, settings.STRIPE_WEBHOOK_SECRETS = "", []
    told = desk.get("/webhooks/endpoints/").content.decode()
    assert "No endpoint has heard anything" in told and "SANDBOX_WEBHOOK_SECRET is not set." in told


def send(desk: Client, times: int = 1) -> Any:
    told = desk.get("/webhooks/endpoints/test/").content.decode()
    key = re.search(r'name="form_key" value="([^"]+)"', told)
    assert key
    for _ in range(times):
        answer = desk.post("/webhooks/endpoints/test/", {"form_key": key[1]})
    return answer


def test_a_test_event_is_owed_once_and_followed(desk: Client, settings: Any) -> None:
    settings.SANDBOX_WEBHOOK_SECRET = "sandbox-secret-of-the-tests"
    answer = send(desk, times=2)
    owed = SandboxEvent.objects.get()
    assert owed.type == "ping" and answer.url == f"/webhooks/endpoints/test/{owed.pk}/"
    told = desk.get(answer.url).content.decode()
    assert "Waits for the worker to send it" in told and "every 1s" in told
    SandboxEvent.objects.update(delivered_at=timezone.now())
    event(source="sandbox", event_id=owed.pk, type="ping", state="ignored")
    told = desk.get(answer.url).content.decode()
    assert "It came all the way" in told and "every 1s" not in told


def test_it_says_again_what_the_sandbox_knows_of_its_latest_refund(desk: Client, settings: Any) -> None:
    settings.SANDBOX_WEBHOOK_SECRET = "sandbox-secret-of-the-tests"
    body = {
        "amount_minor": 900,
        "currency": "EUR",
        "state": "succeeded",
        "reason": "",
        "reference": "",
        "failure_code": "",
        "message": "",
        "created_at": NOW.isoformat(),
        "as_of": NOW.isoformat(),
    }
    SandboxObject.objects.create(
        id="sbx_re_1", kind="refund", parent_id="sbx_pay_1", body=body, created_at=NOW
    )
    send(desk)
    owed = SandboxEvent.objects.get()
    assert owed.type == "refund.updated" and owed.body["data"]["object"]["id"] == "sbx_re_1"


def test_who_may(client: Client, settings: Any) -> None:
    settings.SANDBOX_WEBHOOK_SECRET = "sandbox-secret-of-the-tests"
    client.force_login(make.member("auditor"))
    assert client.get("/webhooks/endpoints/").status_code == 200
    assert client.post("/webhooks/endpoints/test/").status_code == 403
    assert client.get("/webhooks/endpoints/test/nothing/").status_code == 404
    client.force_login(make.member(""))
    assert client.get("/webhooks/endpoints/").status_code == 403
