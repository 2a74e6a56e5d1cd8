"""Usage at the desk: the list, a customer's meters and days, and gaps that are noted and closed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.history.actors import system
from billing.models import UsageGap
from billing.usage.services import record_usage
from tests import make
from tests.billing.usage.desk import plan, subscriber
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was used a minute ago was used today, at whatever hour the tests run."""
    noon = timezone.now().replace(hour=12, minute=0)
    monkeypatch.setattr(timezone, "now", lambda: noon)


def used(days: int = 3, per: str = "month", **more):
    tier, meter = plan(limit=10, per=per, **more)
    now = timezone.now()
    customer = subscriber(
        tier,
        anchor_at=now - timedelta(days=5),
        current_period_start=now - timedelta(days=5),
        current_period_end=now + timedelta(days=25),
    )
    for place in range(days):
        record_usage(
            customer_id=customer.pk, meter=meter.slug, quantity=place + 1, key=f"call-{place}",
            at=now - timedelta(days=place, minutes=1), actor=system("host"), now=now,
        )  # fmt: skip
    return customer, meter


def test_the_list_shows_events_and_narrows_by_meter(client):
    customer, meter = used()
    other, _ = used(days=1)
    client.force_login(member_in("support"))
    page = client.get(reverse("usage:index"), {"meter": meter.pk}).content.decode()
    assert reverse("usage:show", args=[customer.reference]) in page
    assert reverse("usage:show", args=[other.reference]) not in page


def test_a_customers_page_and_their_usage_show_quota_and_days(client):
    customer, meter = used(per="day")
    client.force_login(member_in("support"))
    page = client.get(reverse("usage:show", args=[customer.reference])).content.decode()
    assert meter.name in page
    assert page.count("<rect") >= 3 + 2  # three days, and the quota's bar
    assert "call-2" in page
    card = client.get(reverse("customers:show", args=[customer.reference])).content.decode()
    assert reverse("usage:show", args=[customer.reference]) in card
    assert "a day, refused past it" in page
    assert "By day" in card


def test_somebody_without_a_subscription_has_nothing_measured(client):
    client.force_login(member_in("support"))
    customer = make.customer()
    page = client.get(reverse("usage:show", args=[customer.reference])).content.decode()
    assert "nothing may be used" in page
    assert client.get(reverse("usage:show", args=["CUS-NOBODY00"])).status_code == 404


def test_more_meters_cost_no_more_queries(client):
    client.force_login(member_in("support"))
    customer, _ = used()
    tier = customer.subscriptions.get().items.get().price.tier
    address = reverse("usage:show", args=[customer.reference])
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _ in range(5):
        make.quota(tier)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


def test_a_gap_is_noted_and_closed_with_a_reason(client):
    _, meter = used()
    client.force_login(member_in("finance"))
    told = {
        "meter": meter.slug,
        "starts_at": "2026-11-01T10:00",
        "ends_at": "2026-11-01T09:00",
        "reason": "The collector was down",
    }
    refused = client.post(reverse("usage:note"), told)
    assert refused.status_code == 422
    assert "after it starts" in refused.content.decode()
    assert client.post(reverse("usage:note"), {**told, "ends_at": "2026-11-01T12:00"}).status_code == 302
    gap = UsageGap.objects.get()
    assert "The collector was down" in client.get(reverse("usage:gaps")).content.decode()
    assert client.post(reverse("usage:close", args=[gap.pk]), {"reason": ""}).status_code == 422
    assert client.post(reverse("usage:close", args=[gap.pk]), {"reason": "Sent again"}).status_code == 302
    gap.refresh_from_db()
    assert gap.closed_at is not None
    client.force_login(member_in("support"))
    assert client.post(reverse("usage:note"), told).status_code == 403
