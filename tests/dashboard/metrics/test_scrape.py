"""/metrics: a valid text, sums that never fall, and no stranger reads it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse

from billing.metrics import buffer, catalogue, flushing
from billing.metrics.services import count, observe
from billing.models import WebhookEvent
from billing.notifications.services import open_alert
from billing.webhooks.watching import listen
from dashboard.metrics import exposition
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-monitoring-7f3a"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def _fresh(settings):
    settings.METRICS_TOKEN = TOKEN
    buffer.forget()
    yield
    buffer.forget()


def samples() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    flushing.flush()
    answer = Client().get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse(answer.content.decode())
        for sample in family.samples
    }


def test_no_stranger_reads_it(settings) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": TOKEN},
    ):
        answer = Client().get("/metrics", headers=headers)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')
        assert b"countinghouse_" not in answer.content


def test_no_token_set_means_no_token_fits(settings) -> None:
    settings.METRICS_TOKEN = ""
    for headers in ({}, {"Authorization": "Bearer "}, BEARER):
        assert Client().get("/metrics", headers=headers).status_code == 401


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("auditor", 200), ("support", 401)])
def test_members_who_may_see_health_may_read_it(role: str, status: int) -> None:
    client = Client()
    client.force_login(member_in(role))
    assert client.get("/metrics").status_code == status
    assert client.get("/metrics/").status_code == status


def test_every_metric_is_there_before_anything_is_counted() -> None:
    text = Client().get("/metrics", headers=BEARER).content.decode()
    families = {family.name for family in parse(text)}
    assert families == {metric.public_name for metric in catalogue.METRICS}
    assert ("countinghouse_webhooks_lag_seconds", ()) in samples()


def test_the_openmetrics_form_is_valid_too() -> None:
    observe("webhooks_delay_seconds", 4.2, source="stripe")
    flushing.flush()
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = Client().get("/metrics", headers=BEARER | accept)
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert {family.name for family in parse_open(answer.content.decode())} >= {
        "countinghouse_webhooks_delay_seconds"
    }


def test_times_are_cumulative_buckets_that_end_at_their_count() -> None:
    for seconds in (0.1, 0.3, 4, 4, 100_000):
        observe("webhooks_delay_seconds", seconds, source="stripe")
    told = samples()
    buckets = {
        dict(labels)["le"]: value
        for (name, labels), value in told.items()
        if name == "countinghouse_webhooks_delay_seconds_bucket"
    }
    in_order = [buckets[le] for le in sorted(buckets, key=lambda le: (le == "+Inf", float(le)))]
    assert in_order == sorted(in_order)
    assert (buckets["0.25"], buckets["1"], buckets["5"], buckets["+Inf"]) == (1, 2, 4, 5)
    key = (("source", "stripe"),)
    assert told["countinghouse_webhooks_delay_seconds_count", key] == 5
    assert told["countinghouse_webhooks_delay_seconds_sum", key] == pytest.approx(100_008.4)


def test_counters_never_fall_when_a_process_starts_anew() -> None:
    key = ("countinghouse_webhooks_died_total", (("source", "stripe"), ("type", "charge.refunded")))
    seen = []
    for _ in range(3):
        count("webhooks_died", source="stripe", type="charge.refunded")
        seen.append(samples()[key])
        buffer.forget()
    assert seen == [1, 2, 3]


def test_what_is_so_now_is_asked_of_the_database() -> None:
    now = timezone.now()
    for n, (state, due_at) in enumerate(
        [
            ("received", now - timedelta(seconds=90)),
            ("dead", None),
            ("dead", None),
            ("failed", now + timedelta(1)),
        ]
    ):
        WebhookEvent.objects.create(
            source="stripe", endpoint="eu-live", event_id=f"evt_{n}", type="charge.refunded", state=state,
            due_at=due_at, happened_at=now, received_at=now - timedelta(minutes=2),
        )  # fmt: skip
    listen(now=now)
    open_alert(kind="webhooks.dead", key="stripe:charge.refunded", sentence="2 events are dead.", now=now)
    told = samples()
    assert 90 <= told["countinghouse_webhooks_lag_seconds", ()] < 150
    assert told["countinghouse_webhooks_waiting", ()] == 1
    dead = (("source", "stripe"), ("type", "charge.refunded"))
    assert told["countinghouse_webhooks_dead", dead] == 2
    heard = (("endpoint", "eu-live"), ("source", "stripe"))
    assert told["countinghouse_webhooks_last_received_timestamp_seconds", heard] == pytest.approx(
        (now - timedelta(minutes=2)).timestamp()
    )
    assert told["countinghouse_alerts_open", (("kind", "webhooks.dead"),)] == 1


def test_a_scrape_asks_the_same_number_of_questions_however_much_there_is(django_assert_num_queries) -> None:
    def scrape() -> None:
        exposition.text("", timezone.now())

    with django_assert_num_queries(6):
        scrape()
    for n in range(60):
        count("webhooks_duplicates", source="stripe", type=f"kind.{n}")
        open_alert(kind="webhooks.dead", key=f"stripe:{n}", sentence="1 event is dead.", now=timezone.now())
    flushing.flush()
    with django_assert_num_queries(6):
        scrape()
