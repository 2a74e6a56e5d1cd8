"""Watching: what dies, what waits, and who has fallen silent against their own habit."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count

import pytest

from billing.models import Alert, HeardSpan, WebhookEvent
from billing.webhooks.watching import DEAD, LAG, QUIET, in_words, inbox, listen, watch
from tests.make import NOW

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY, WEEK = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7))
_numbers = count(1)


def event(received_at: datetime, **fields) -> WebhookEvent:
    values = {"source": "stripe", "type": "charge.refunded", "state": "processed", "happened_at": received_at}
    return WebhookEvent(
        **{**values, "event_id": f"evt_{next(_numbers)}", "received_at": received_at, **fields}
    )


def heard(moments: Iterable[datetime], **fields) -> None:
    WebhookEvent.objects.bulk_create(event(at, **fields) for at in moments)


def every(step: timedelta, begin: datetime, end: datetime) -> list[datetime]:
    return [begin + step * n for n in range(int((end - begin) / step))]


def alerts(kind: str) -> list[str]:
    return list(Alert.objects.filter(kind=kind, closed_at=None).order_by("key").values_list("key", flat=True))


def test_a_calm_inbox_raises_nothing() -> None:
    heard([NOW - HOUR])
    assert watch(now=NOW) == {DEAD: 0, LAG: 0, QUIET: 0}
    assert not Alert.objects.exists()


def test_dead_events_open_an_alert_for_each_type_until_they_are_dealt_with() -> None:
    heard([NOW - HOUR, NOW - 2 * HOUR], state="dead")
    heard([NOW - HOUR], state="dead", source="paypal", type="PAYMENT.CAPTURE.REFUNDED")
    watch(now=NOW)
    watch(now=NOW + MINUTE)
    assert alerts(DEAD) == ["paypal:PAYMENT.CAPTURE.REFUNDED", "stripe:charge.refunded"]
    assert Alert.objects.get(key="stripe:charge.refunded").sentence == (
        "2 events are dead: charge.refunded of stripe."
    )
    WebhookEvent.objects.filter(source="stripe").delete()
    watch(now=NOW + 2 * MINUTE)
    assert alerts(DEAD) == ["paypal:PAYMENT.CAPTURE.REFUNDED"]


def test_a_flood_of_dead_events_closes_nothing_that_it_hides(monkeypatch) -> None:
    monkeypatch.setattr("billing.webhooks.watching.MOST_DEAD", 3)
    heard([NOW - 5 * HOUR], state="dead", type="invoice.paid")
    watch(now=NOW - 4 * HOUR)
    heard(every(MINUTE, NOW - 4 * MINUTE, NOW), state="dead")
    watch(now=NOW)
    assert alerts(DEAD) == ["stripe:charge.refunded", "stripe:invoice.paid"]


def test_waiting_beyond_the_limit_opens_and_catching_up_closes(settings) -> None:
    settings.WEBHOOK_LAG_LIMIT_SECONDS = 300
    heard([NOW - 10 * MINUTE], state="received", due_at=NOW - 5 * MINUTE)
    watch(now=NOW)
    assert alerts(LAG) == []
    watch(now=NOW + timedelta(seconds=1))
    alert = Alert.objects.get(kind=LAG)
    assert alert.sentence == "Webhook events wait for 5 min; the limit is 5 min. 1 is due."
    assert alert.facts["event"] == WebhookEvent.objects.get().pk
    WebhookEvent.objects.update(due_at=None)
    watch(now=NOW + 2 * MINUTE)
    assert alerts(LAG) == []


def test_a_retry_in_the_future_is_no_lag() -> None:
    heard([NOW - DAY], state="failed", due_at=NOW + 6 * HOUR)
    assert inbox(NOW).lag(NOW) == timedelta()
    assert watch(now=NOW)[LAG] == 0


def test_an_endpoint_that_falls_silent_at_a_busy_hour_is_noticed_and_forgiven() -> None:
    heard(every(5 * MINUTE, NOW - 3 * WEEK, NOW))
    assert watch(now=NOW + 10 * MINUTE)[QUIET] == 0
    assert watch(now=NOW + 40 * MINUTE)[QUIET] == 0
    watch(now=NOW + 2 * HOUR)
    assert alerts(QUIET) == ["stripe/"]
    assert "Nothing from stripe for 2 h" in Alert.objects.get(kind=QUIET).sentence
    heard([NOW + 2 * HOUR + MINUTE])
    watch(now=NOW + 2 * HOUR + 5 * MINUTE)
    assert alerts(QUIET) == []


def test_the_night_is_compared_with_nights() -> None:
    midnight = NOW.replace(hour=0, minute=0)
    for day in range(1, 23):
        morning = midnight - day * DAY + 8 * HOUR
        heard(every(5 * MINUTE, morning, morning + 12 * HOUR))
    evening = midnight - DAY + 20 * HOUR
    assert watch(now=evening + 11 * HOUR)[QUIET] == 0
    assert watch(now=evening + 14 * HOUR)[QUIET] == 1  # ten in the morning, and still not a word


def test_an_endpoint_that_was_always_quiet_raises_none() -> None:
    heard(every(5 * DAY, NOW - 5 * WEEK, NOW))
    assert watch(now=NOW + 20 * DAY)[QUIET] == 0


def test_one_known_for_a_few_days_is_not_judged() -> None:
    heard(every(5 * MINUTE, NOW - 4 * DAY, NOW))
    assert watch(now=NOW + 12 * HOUR)[QUIET] == 0


def test_silence_that_lasts_for_weeks_stays_an_alert_and_is_given_up_in_the_end() -> None:
    heard(every(15 * MINUTE, NOW - 4 * WEEK, NOW))
    for later in (DAY, 10 * DAY, 40 * DAY):
        assert watch(now=NOW + later)[QUIET] == 1
    assert watch(now=NOW + 61 * DAY)[QUIET] == 0
    assert alerts(QUIET) == []


def test_each_endpoint_of_a_gateway_is_judged_by_itself() -> None:
    heard(every(5 * MINUTE, NOW - 3 * WEEK, NOW), endpoint="eu-live")
    heard(every(5 * MINUTE, NOW - 3 * WEEK, NOW + 3 * HOUR), endpoint="us-live")
    watch(now=NOW + 3 * HOUR)
    assert alerts(QUIET) == ["stripe/eu-live"]


def test_each_event_is_heard_once_however_often_one_listens() -> None:
    heard(every(MINUTE, NOW - 2 * DAY, NOW))
    for seconds in range(0, 300, 30):
        listen(now=NOW + timedelta(seconds=seconds))
    assert sum(HeardSpan.objects.values_list("heard", flat=True)) == 2 * 24 * 60
    assert HeardSpan.objects.order_by("-span_at").first().last_at == NOW - MINUTE


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=45), "45 s"),
        (12 * MINUTE, "12 min"),
        (HOUR * 3 + MINUTE * 5, "3 h 5 min"),
        (DAY * 2 + HOUR * 4, "2 d 4 h"),
    ],
)
def test_times_are_told_in_words(time: timedelta, words: str) -> None:
    assert in_words(time) == words
