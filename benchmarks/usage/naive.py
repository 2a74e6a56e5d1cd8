"""What one would write with Django's ORM: get_or_create by the key, then get_or_create and F() each."""

from datetime import datetime
from typing import Any

_models: dict[str, Any] = {}
TABLES = """
DROP TABLE IF EXISTS bench_event, bench_counter;
CREATE TABLE bench_event (LIKE billing_usageevent INCLUDING ALL);
CREATE TABLE bench_counter (LIKE billing_usagecounter INCLUDING ALL);
GRANT SELECT, INSERT, UPDATE ON bench_event, bench_counter TO countinghouse;
"""


def prepare() -> None:
    """Tables of the same shape and indexes, without our triggers, and models for them."""
    from django.db import models

    from benchmarks.bench import create_function

    create_function(TABLES)
    if _models:
        return

    class BenchEvent(models.Model):
        customer_id = models.BigIntegerField()
        meter_id = models.BigIntegerField()
        key = models.CharField(max_length=200)
        digest = models.CharField(max_length=32)
        quantity = models.DecimalField(max_digits=24, decimal_places=6)
        value_digest = models.CharField(max_length=32)
        at = models.DateTimeField()
        counted_at = models.DateTimeField()
        period_starts_at = models.DateTimeField()
        received_at = models.DateTimeField()
        credits = models.BigIntegerField()
        credit_unit = models.CharField(max_length=12)
        actor_ref = models.CharField(max_length=64)

        class Meta:
            managed = False
            app_label = "bench"
            db_table = "bench_event"

        def __str__(self) -> str:
            return self.key

    class BenchCounter(models.Model):
        customer_id = models.BigIntegerField()
        meter_id = models.BigIntegerField()
        span = models.CharField(max_length=8)
        starts_at = models.DateTimeField()
        events = models.BigIntegerField()
        total = models.DecimalField(max_digits=30, decimal_places=6)
        largest = models.DecimalField(max_digits=24, decimal_places=6)
        latest = models.DecimalField(max_digits=24, decimal_places=6)
        latest_at = models.DateTimeField()
        different = models.BigIntegerField()
        credits = models.BigIntegerField()

        class Meta:
            managed = False
            app_label = "bench"
            db_table = "bench_counter"

        def __str__(self) -> str:
            return self.span

    _models.update(event=BenchEvent, counter=BenchCounter)


def use(meter_id: int, now: datetime, customer: int, key: str) -> None:
    """One event and its three counters."""
    from django.db import transaction
    from django.db.models import F

    day = now.replace(hour=0, minute=0)
    with transaction.atomic():
        _, is_new = _models["event"].objects.get_or_create(
            customer_id=customer,
            meter_id=meter_id,
            key=key,
            defaults={
                "digest": "",
                "quantity": 1,
                "value_digest": "",
                "at": now,
                "counted_at": now,
                "period_starts_at": day.replace(day=1),
                "received_at": now,
                "credits": 0,
                "credit_unit": "",
                "actor_ref": "bench",
            },
        )
        if not is_new:
            return
        for span, starts_at in (("day", day), ("month", day.replace(day=1)), ("period", day.replace(day=1))):
            counter, _ = _models["counter"].objects.get_or_create(
                customer_id=customer,
                meter_id=meter_id,
                span=span,
                starts_at=starts_at,
                defaults={
                    "events": 0,
                    "total": 0,
                    "largest": 0,
                    "latest": 0,
                    "latest_at": now,
                    "different": 0,
                    "credits": 0,
                },
            )
            _models["counter"].objects.filter(pk=counter.pk).update(
                events=F("events") + 1, total=F("total") + 1
            )


def may(feature: str, customer: int, key: str) -> None:
    """Whether any active subscription's tier gives the feature."""
    from billing.models import Subscription

    assert Subscription.objects.filter(
        customer=customer, state="active", items__price__tier__given__feature__slug=feature
    ).exists()
