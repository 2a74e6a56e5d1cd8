"""Payments in bulk hold the table's constraints, and rare states are there and rare."""

from datetime import UTC, datetime

import pytest
from django.db.models import Count

from billing.demo.bulk import add_payments
from billing.models import Customer, HistoryEntry, Payment

NOW = datetime(2026, 11, 18, tzinfo=UTC)


@pytest.mark.django_db
def test_twenty_thousand_in_one_statement():
    for n in range(3):
        Customer.objects.create(reference=f"CUS-0000000{n}", currency="EUR", created_at=NOW)
    assert add_payments(20_000, now=NOW, with_history=True) == 20_000
    states = dict(Payment.objects.values_list("state").annotate(Count("id")))
    assert states["unknown"] == 20 and states["failed"] == 800
    assert HistoryEntry.objects.filter(subject_kind="payment").count() == 20_000
    assert Payment.objects.values("customer").distinct().count() == 3
    assert Payment.objects.order_by("created_at").last().created_at < NOW
