"""Alerts: opened once, mailed once, closed by themselves, taken up by a person."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.errors import Conflict
from billing.history.actors import person
from billing.models import Alert
from billing.notifications import queries
from billing.notifications.services import (
    MAIL_ALERT,
    acknowledge,
    close_alert,
    close_others,
    mail_alert,
    open_alert,
)
from tests.make import NOW
from tests.races.harness import at_once, went_through

MINUTE = timedelta(minutes=1)
INES, JUDE = person(2, "Ines Marchetti"), person(1, "Jude Okafor")


def late(now=NOW, sentence: str = "Webhook events wait for 12 min.") -> Alert:
    return open_alert(kind="webhooks.lag", key="inbox", sentence=sentence, now=now, facts={"waiting": 312})


def mails_queued() -> int:
    return ProcrastinateJob.objects.filter(task_name=MAIL_ALERT).count()


@pytest.fixture
def _told(settings) -> None:
    settings.ALERT_EMAILS = ["ops@halden.example", "ines.marchetti@halden.example"]


@pytest.mark.django_db
def test_one_trouble_is_one_alert_with_its_latest_words(_told: None) -> None:
    first = late()
    again = late(NOW + MINUTE, "Webhook events wait for 13 min.")
    assert first.pk == again.pk
    alert = Alert.objects.get()
    assert (alert.opened_at, alert.seen_at) == (NOW, NOW + MINUTE)
    assert alert.sentence.endswith("13 min.")
    assert mails_queued() == 1


@pytest.mark.django_db
def test_it_is_mailed_once(_told: None) -> None:
    alert = late()
    assert mail_alert(alert_id=alert.pk, now=NOW + MINUTE)
    assert not mail_alert(alert_id=alert.pk, now=NOW + 2 * MINUTE)
    assert [message.to for message in mail.outbox] == [
        ["ops@halden.example", "ines.marchetti@halden.example"]
    ]
    assert "Webhook events wait for 12 min." in mail.outbox[0].subject
    assert "/alerts/" in mail.outbox[0].body
    assert Alert.objects.get().mailed_at == NOW + MINUTE


@pytest.mark.django_db
def test_a_mail_that_could_not_be_sent_is_tried_again(_told: None, monkeypatch) -> None:
    alert = late()

    def refuses(self) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", refuses)
        with pytest.raises(ConnectionRefusedError):
            mail_alert(alert_id=alert.pk, now=NOW)
    assert Alert.objects.get().mailed_at is None
    assert mail_alert(alert_id=alert.pk, now=NOW)
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_nobody_to_tell_means_no_mail_at_all() -> None:
    alert = late()
    assert mails_queued() == 0
    assert not mail_alert(alert_id=alert.pk, now=NOW)
    assert mail.outbox == []


@pytest.mark.django_db
def test_the_mail_goes_with_the_row_or_not_at_all(_told: None) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        late()
        raise RuntimeError("the caller gives up")
    assert (Alert.objects.count(), mails_queued()) == (0, 0)


@pytest.mark.django_db
def test_it_closes_and_a_later_one_is_new(_told: None) -> None:
    first = late()
    assert close_alert(kind="webhooks.lag", key="inbox", now=NOW + MINUTE)
    assert not close_alert(kind="webhooks.lag", key="inbox", now=NOW + 2 * MINUTE)
    assert queries.open_alerts() == []
    second = late(NOW + timedelta(hours=5))
    assert second.pk != first.pk
    assert mails_queued() == 2
    assert queries.closed_alerts() == [first]


@pytest.mark.django_db
def test_what_comes_and_goes_is_mailed_once(_told: None) -> None:
    for minutes in range(0, 20, 2):
        late(NOW + minutes * MINUTE)
        close_alert(kind="webhooks.lag", key="inbox", now=NOW + (minutes + 1) * MINUTE)
    assert mails_queued() == 1


@pytest.mark.django_db
def test_only_those_without_a_reason_close() -> None:
    for key in ("stripe:charge.refunded", "stripe:charge.failed"):
        open_alert(kind="webhooks.dead", key=key, sentence=f"1 event is dead: {key}.", now=NOW)
    late()
    assert close_others(kind="webhooks.dead", keys={"stripe:charge.failed"}, now=NOW + MINUTE) == 1
    assert {alert.key for alert in queries.open_alerts()} == {"stripe:charge.failed", "inbox"}


@pytest.mark.django_db
def test_a_person_takes_it_up() -> None:
    alert = acknowledge(alert=late(), actor=INES, now=NOW + MINUTE)
    assert (alert.acknowledged_by_name, alert.acknowledged_at) == ("Ines Marchetti", NOW + MINUTE)
    assert acknowledge(alert=alert, actor=INES, now=NOW + 2 * MINUTE).acknowledged_at == NOW + MINUTE
    with pytest.raises(Conflict, match="Ines Marchetti looks after"):
        acknowledge(alert=alert, actor=JUDE, now=NOW + 2 * MINUTE)
    close_alert(kind="webhooks.lag", key="inbox", now=NOW + 3 * MINUTE)
    with pytest.raises(Conflict, match="has closed"):
        acknowledge(alert=alert, actor=JUDE, now=NOW + 4 * MINUTE)


@pytest.mark.django_db
def test_the_database_keeps_one_open() -> None:
    late()
    with pytest.raises(IntegrityError, match="alert_is_open_once"), transaction.atomic():
        Alert.objects.create(kind="webhooks.lag", key="inbox", sentence="x", opened_at=NOW, seen_at=NOW)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_watchers_at_the_same_moment_open_one_and_queue_one_mail(_told: None) -> None:
    outcomes = at_once([late] * 6)
    assert len(went_through(outcomes)) == 6
    assert Alert.objects.count() == 1
    assert mails_queued() == 1
