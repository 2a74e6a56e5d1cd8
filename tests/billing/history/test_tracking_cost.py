"""Keeping every version of a row must stay linear in the number of rows written in one transaction."""

import time
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from billing.models import Customer

NOW = datetime(2026, 11, 18, tzinfo=UTC)


def seconds_to_write(rows: int, prefix: str) -> float:
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "INSERT INTO billing_customer"
            " (reference, country, currency, locale, tags, created_at, gateway, gateway_id, external_id)"
            " SELECT %s || n, 'IT', 'EUR', 'it', '{}', %s, '', '', '' FROM generate_series(1, %s) n",
            [prefix, NOW, rows],
        )
    return time.perf_counter() - started


@pytest.mark.django_db(transaction=True)
def test_four_times_the_rows_cost_far_less_than_sixteen_times_the_time() -> None:
    """The least of several: a machine that does something else meanwhile is slow once, quadratic always."""
    seconds_to_write(1_000, "W")
    small = min(seconds_to_write(10_000, f"S{n}-") for n in range(3))
    larges = []
    for n in range(4):
        larges.append(seconds_to_write(40_000, f"L{n}-"))
        if larges[-1] / small < 10:
            break
    assert Customer.objects.count() == 31_000 + 40_000 * len(larges)
    assert min(larges) / small < 10, "quadratic would be 16, linear is 4"
