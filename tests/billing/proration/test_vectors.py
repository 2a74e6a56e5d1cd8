"""Proration against worked examples: of other billing systems when their table is there, and our own."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billing.money import round_half_away
from billing.periods import Period
from billing.proration import prorate

TABLE = Path(__file__).resolve().parents[4] / "shared/data/proration/vectors.json"
ROWS: list[dict[str, Any]] = json.loads(TABLE.read_text())["rows"] if TABLE.exists() else []


def moment(told: str | int) -> datetime:
    if isinstance(told, int):
        return datetime.fromtimestamp(told, UTC)
    return datetime.fromisoformat(told).replace(tzinfo=UTC)


def during(start: str | int, end: str | int) -> Period:
    return Period(moment(start), moment(end))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_published_example_comes_out(row: dict[str, Any]) -> None:
    period = during(row["period_start"], row["period_end"])
    part = during(row["slice_start"], row["slice_end"])
    found = prorate(row["price_minor"], period, part, row["basis"], row["rounding"])
    if "tax_rate" in row:
        found += round_half_away(found * Decimal(row["tax_rate"]) / 100)
    assert found == row["expected_minor"]


OWN = [
    # amount, period, slice, basis, rounding, owner, expected
    (9900, ("2026-01-31", "2026-02-28"), ("2026-02-14", "2026-02-28"), "second", "half_up", "new", 4950),
    (9900, ("2028-02-29", "2029-02-28"), ("2028-03-01", "2029-02-28"), "day", "half_up", "new", 9873),
    (9900, ("2026-04-01", "2026-05-01"), ("2026-04-21", "2026-05-01"), "day", "half_up", "new", 3300),
    (9900, ("2026-04-01", "2026-05-01"), ("2026-04-21", "2026-05-01"), "day", "half_up", "old", 2970),
    (9900, ("2026-04-01", "2026-05-01"), ("2026-04-01", "2026-04-21"), "day", "half_up", "old", 6930),
    (999, ("2026-04-01", "2026-05-01"), ("2026-04-16", "2026-05-01"), "second", "half_up", "new", 500),
    (999, ("2026-04-01", "2026-05-01"), ("2026-04-16", "2026-05-01"), "second", "truncate", "new", 499),
    (997, ("2026-04-01", "2026-05-01"), ("2026-04-16", "2026-05-01"), "second", "half_even", "new", 498),
    (-999, ("2026-04-01", "2026-05-01"), ("2026-04-16", "2026-05-01"), "second", "half_up", "new", -500),
    (36000, ("2026-01-31", "2027-01-31"), ("2026-02-28", "2027-01-31"), "fixed30", "half_up", "new", 33000),
    (3000, ("2026-01-31", "2026-02-28"), ("2026-01-31", "2026-02-28"), "fixed30", "half_up", "new", 3000),
    (0, ("2026-04-01", "2026-05-01"), ("2026-04-16", "2026-05-01"), "second", "half_up", "new", 0),
    (10**9, ("2026-01-01", "2027-01-01"), ("2026-12-31", "2027-01-01"), "second", "half_up", "new", 2739726),
]  # fmt: skip


@pytest.mark.parametrize("row", OWN)
def test_our_own_examples_come_out(row: tuple) -> None:
    amount, period, part, basis, rounding, owner, expected = row
    assert prorate(amount, during(*period), during(*part), basis, rounding, owner) == expected
