"""Opening and closing alerts, and saying that somebody looks after one.

Whoever watches calls `open_alert` as long as something is wrong and `close_alert` once it is not; however
often and from however many processes, one alert is open for one (kind, key) and is mailed once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from procrastinate.contrib.django import app

from billing.errors import Conflict
from billing.history.actors import Actor
from billing.logs import add_facts, service
from billing.notifications.models import Alert

log = structlog.get_logger("billing.notifications")

MAIL_ALERT = "notifications.mail_alert"
QUEUE = "notifications"
#: A trouble that comes back within this time is the same alert again: no second mail.
COMES_BACK = timedelta(minutes=30)
LONGEST = {"kind": 40, "key": 160, "sentence": 300}


@service("notifications")
def open_alert(
    *, kind: str, key: str, sentence: str, now: datetime, facts: Mapping[str, Any] | None = None
) -> Alert:
    """The open alert of this kind and key.

    A new one queues its mail in the same transaction. One that is open already only learns the latest
    sentence and facts. What closed a moment ago and comes back is not mailed again.
    """
    kind, key = kind[: LONGEST["kind"]], key[: LONGEST["key"]]
    told = {"sentence": sentence[: LONGEST["sentence"]], "facts": dict(facts or {}), "seen_at": now}
    with transaction.atomic():
        alert, is_new = Alert.objects.get_or_create(
            kind=kind, key=key, closed_at=None, defaults={"opened_at": now, **told}
        )
        if is_new:
            _announce(alert, now)
        else:
            Alert.objects.filter(pk=alert.pk, seen_at__lt=now).update(**told)
    add_facts(alert=alert.pk, kind=kind)
    return alert


@service("notifications")
def close_alert(*, kind: str, key: str, now: datetime) -> bool:
    """Closes the alert because its reason is gone; False when none was open."""
    open_ones = Alert.objects.filter(kind=kind, key=key[: LONGEST["key"]], closed_at=None, opened_at__lte=now)
    closed = open_ones.update(closed_at=now)
    if closed:
        log.info("alert_closed", kind=kind, key=key)
    add_facts(closed=closed)
    return bool(closed)


@service("notifications")
def close_others(*, kind: str, keys: set[str], now: datetime) -> int:
    """Closes the alerts of a kind whose key is not among those still in trouble; how many."""
    open_ones = Alert.objects.filter(kind=kind, closed_at=None).values_list("key", flat=True)
    gone = sorted(set(open_ones) - {key[: LONGEST["key"]] for key in keys})
    return sum(close_alert(kind=kind, key=key, now=now) for key in gone)


@service("notifications")
def acknowledge(*, alert: Alert, actor: Actor, now: datetime) -> Alert:
    """Says that this person looks after it. Raises `Conflict` when somebody else does, or it is closed."""
    with transaction.atomic():
        found = Alert.objects.select_for_update().get(pk=alert.pk)
        if found.closed_at is not None:
            raise Conflict("alert_is_closed", "This alert has closed: its reason is gone.")
        if found.acknowledged_by_ref == actor.ref:
            return found
        if found.acknowledged_at is not None:
            raise Conflict("alert_is_taken", f"{found.acknowledged_by_name} looks after this alert already.")
        found.acknowledged_at = now
        found.acknowledged_by_ref, found.acknowledged_by_name = actor.ref, actor.name
        found.save(update_fields=["acknowledged_at", "acknowledged_by_ref", "acknowledged_by_name"])
    add_facts(alert=found.pk, kind=found.kind)
    return found


@service("notifications")
def mail_alert(*, alert_id: int, now: datetime) -> bool:
    """Mails an alert to ALERT_EMAILS, once; False when it was mailed before, or when nobody is to be told.

    What the mail server refuses propagates, and the job tries again. No transaction is held meanwhile: the
    job runs under the alert's lock in the queue. A process killed between sending and noting it sends twice.
    """
    alert = Alert.objects.get(pk=alert_id)
    if alert.mailed_at is not None or not settings.ALERT_EMAILS:
        return False
    EmailMessage(
        subject=f"[{settings.COMPANY_NAME}] {alert.sentence}"[:200].replace("\n", " "),
        body=f"{alert.sentence}\n\nSince {alert.opened_at:%Y-%m-%d %H:%M} UTC.\n"
        f"{settings.PUBLIC_URL}/alerts/\n\n"
        "The alert closes by itself once its reason is gone.\n",
        to=list(settings.ALERT_EMAILS),
    ).send()
    Alert.objects.filter(pk=alert_id).update(mailed_at=now)
    return True


def _announce(alert: Alert, now: datetime) -> None:
    """A line in the log, and the mail's job, which commits with the alert."""
    log.warning("alert_opened", alert=alert.pk, kind=alert.kind, key=alert.key, sentence=alert.sentence)
    before = Alert.objects.filter(kind=alert.kind, key=alert.key, closed_at__gte=now - COMES_BACK)
    if before.exists():
        Alert.objects.filter(pk=alert.pk).update(mailed_at=now)
    elif settings.ALERT_EMAILS:
        app.configure_task(MAIL_ALERT, queue=QUEUE, lock=f"alert:{alert.pk}").defer(alert_id=alert.pk)
