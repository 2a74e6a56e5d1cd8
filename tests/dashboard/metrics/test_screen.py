"""Alerts and metrics as members see them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from billing.metrics import buffer, flushing
from billing.metrics.services import count, observe
from billing.models import Alert
from billing.notifications.services import open_alert
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(member_in(role))
    return client


@pytest.fixture
def backlog() -> Alert:
    return open_alert(
        kind="webhooks.lag", key="inbox", sentence="Webhook events wait for 12 min; the limit is 5 min.",
        facts={"event": 41}, now=timezone.now() - HOUR,
    )  # fmt: skip


def test_an_empty_desk_says_so() -> None:
    page = signed_in("admin").get("/alerts/").content.decode()
    for words in ("No alert is open", "Nothing has been counted yet", "No gateway has been called yet"):
        assert words in page


def test_alerts_lead_to_the_rows_concerned(backlog: Alert) -> None:
    open_alert(
        kind="webhooks.dead", key="stripe:charge.refunded", sentence="2 events are dead.",
        facts={"source": "stripe", "type": "charge.refunded"}, now=timezone.now(),
    )  # fmt: skip
    page = signed_in("admin").get("/alerts/").content.decode()
    assert "/webhooks/41/" in page
    assert "/webhooks/?state=dead&amp;source=stripe&amp;type=charge.refunded" in page
    assert page.count("I look after it") == 2


def test_whoever_takes_one_up_is_named(backlog: Alert) -> None:
    finance = signed_in("finance")
    answer = finance.post(f"/alerts/{backlog.pk}/acknowledgement/", follow=True)
    page = answer.content.decode()
    assert "Ines Marchetti" in page
    assert "I look after it" not in page
    again = signed_in("admin").post(f"/alerts/{backlog.pk}/acknowledgement/", follow=True)
    assert "Ines Marchetti looks after this alert already." in again.content.decode()
    assert Alert.objects.get().acknowledged_by_name == "Ines Marchetti"


def test_an_auditor_reads_and_takes_nothing_up(backlog: Alert) -> None:
    auditor = signed_in("auditor")
    assert "nobody looks after it yet" in auditor.get("/alerts/").content.decode()
    assert auditor.post(f"/alerts/{backlog.pk}/acknowledgement/").status_code == 403


def test_the_overview_tells_of_it(backlog: Alert) -> None:
    admin = signed_in("admin")
    page = admin.get("/").content.decode()
    assert "Webhook events wait for 12 min" in page
    assert "nobody looks after it" in page
    admin.post(f"/alerts/{backlog.pk}/acknowledgement/")
    assert "Tove Ahlgren looks after it" in admin.get("/").content.decode()
    Alert.objects.update(closed_at=timezone.now())
    assert "Webhook events wait" not in admin.get("/").content.decode()


def test_figures_stand_by_source_and_type() -> None:
    buffer.forget()
    count("webhooks_received", 1_312, source="stripe", endpoint="", type="charge.refunded")
    observe("webhooks_processing_seconds", 0.02, source="stripe", type="charge.refunded")
    count("gateway_calls", 4, gateway="stripe", operation="refund", outcome="ok")
    observe("gateway_call_seconds", 40, gateway="stripe", operation="refund")
    count("webhooks_rejected", 7, source="stripe", reason="signature")
    count("credits_second_grants_refused", 2, source="purchase")
    flushing.flush()
    page = signed_in("admin").get("/alerts/").content.decode()
    for words in (
        "1,312",
        "charge.refunded",
        "0.020 s",
        "0.025 s",
        "over 30 s",
        "Messages to stripe: signature",
    ):
        assert words in page, words
    assert "Grants asked for a second time and not given: purchase" in page
