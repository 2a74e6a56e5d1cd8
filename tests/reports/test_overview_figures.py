# ruff: noqa: E501
"""Figures are the sums of their rows; charts are what plotly takes."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise

import plotly.graph_objects as go
import pytest
from django.db import connection, transaction
from django.db.models import Sum

from billing.demo.writing import write
from billing.models import MrrMovement, Payment
from reports.overview.charts import mrr_chart
from reports.overview.figures import Figure, decimals
from reports.overview.health import health
from reports.overview.mrr import movements, mrr_on
from reports.overview.rows import rows_of
from reports.overview.spans import span_named
from tests import bulk
from tests.billing.demo.halden import TODAY, small

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def book(django_db_setup, django_db_blocker):
    """One Halden for all the tests that read it."""
    with django_db_blocker.unblock(), transaction.atomic():
        write(small(customers=80))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        bulk.analyse_the_book()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def halden(book, db):
    """Nothing is written to it: each test reads the same book."""


def test_month_to_date_is_held_against_the_same_days():
    span = span_named("month", date(2026, 3, 31))
    assert (span.first, span.last) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (span.before_first, span.before_last) == (date(2026, 2, 1), date(2026, 2, 28))
    assert not span.is_to_date


def test_last_month_over_the_new_year():
    span = span_named("last", date(2026, 1, 5))
    assert (span.first, span.last, span.before_first) == (
        date(2025, 12, 1),
        date(2025, 12, 31),
        date(2025, 11, 1),
    )
    assert span.months[0] == date(2025, 1, 1) and len(span.months) == 12


def test_without_rows_ratios_are_unknown_and_never_zero(db):
    figures = {f.key: f for f in health(span_named("month", TODAY), "EUR", as_of=NOW)}
    for key in ("failed", "recovered", "refund_rate", "dispute_rate", "webhooks", "webhook_delay"):
        assert figures[key].value is None and figures[key].why
    assert figures["mrr"].value == 0


@pytest.mark.parametrize("currency", ["EUR", "USD", "GBP"])
@pytest.mark.parametrize("key", ["month", "30d", "last"])
def test_each_part_is_the_sum_of_its_rows(halden, currency, key):
    """Figures come from totals and history; the rows are read from the tables themselves."""
    span = span_named(key, TODAY)
    for figure in health(span, currency, as_of=NOW):
        for part in figure.parts:
            count, minor = rows_of(part.rows, currency, span.first, span.last).total()
            assert part.amount == (minor if part.currency else count), (figure.key, part.label)


def test_the_demo_has_something_in_each_part(halden):
    span = replace(span_named("month", TODAY), first=date(2024, 11, 18))
    figures = health(span, "EUR", as_of=NOW)
    assert all(part.amount for figure in figures for part in figure.parts), [
        (figure.key, part.label) for figure in figures for part in figure.parts if not part.amount
    ]
    for figure in figures:
        for part in figure.parts:
            count, minor = rows_of(part.rows, "EUR", span.first, span.last).total()
            assert part.amount == (minor if part.currency else count), (figure.key, part.label)


def test_figures_are_what_they_say(halden):
    span = span_named("last", TODAY)
    figures = {f.key: f for f in health(span, "EUR", as_of=NOW)}
    made = Payment.objects.filter(
        currency="EUR", created_at__date__gte=span.first, created_at__date__lte=span.last
    )
    failed = made.filter(state="failed").count()
    assert figures["failed"].value == Fraction(failed, failed + made.filter(state="succeeded").count())
    assert sum(part.amount for part in figures["collected"].parts) == figures["collected"].value


@pytest.mark.parametrize("currency", ["EUR", "USD", "GBP"])
def test_mrr_opens_moves_and_closes_to_the_minor_unit(halden, currency):
    span = span_named("month", TODAY)
    months, here = movements(span, currency)
    for before, after in pairwise(months):
        assert before.closing == after.opening
    whole = MrrMovement.objects.filter(currency=currency).aggregate(s=Sum("amount_minor"))["s"] or 0
    assert months[-1].closing == whole == mrr_on([TODAY], currency)[0]
    assert here.by_kind == months[-1].by_kind


def test_the_chart_is_one_that_plotly_takes(halden):
    months, _ = movements(span_named("month", TODAY), "EUR")
    figure = mrr_chart(months, "EUR", to_date=True)

    def coloured(part):
        if isinstance(part, dict):
            return {k: coloured(v) for k, v in part.items()}
        if isinstance(part, list):
            return [coloured(v) for v in part]
        return "#123456" if isinstance(part, str) and part.startswith("token:") else part

    drawn = go.Figure(coloured(figure))
    assert [trace.name for trace in drawn.data if trace.name] == [
        "New", "Expansion", "Reactivation", "Contraction", "Churn", "Net",
    ]  # fmt: skip
    assert len(drawn.data[0].x) == 12


@pytest.mark.parametrize(
    ("unit", "value", "before", "text", "tone"),
    [("money", 104_300, 100_000, "+4.3 %", "ok"), ("percent", Fraction(38, 1000), Fraction(32, 1000), "+0.6 pt", "bad"),
     ("percent", Fraction(8, 10_000), Fraction(8, 10_000), "0.00 pt", "idle"),
     ("seconds", Fraction(18, 10), Fraction(21, 10), "−0.3 s", "ok"), ("money", 5, 0, "", "idle"),
     ("percent", None, Fraction(1, 2), "", "idle")],
)  # fmt: skip
def test_changes_are_told_with_their_sign_and_tone(unit, value, before, text, tone):
    good = "up" if unit == "money" else "down"
    known = None if value is None else Fraction(value)
    figure = Figure("k", "K", "d", unit, NOW, known, Fraction(before), (), (), "EUR", good)
    assert (figure.change_text, figure.tone) == (text, tone)


def test_decimals_round_half_away():
    assert [decimals(Fraction(n, 100), 1) for n in (25, -25, 4, -4)] == ["0.3", "−0.3", "0.0", "0.0"]
