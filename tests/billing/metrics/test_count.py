"""Counting: one sum for all processes, names and labels of the catalogue only, nothing lost."""

from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection, transaction

from billing.metrics import buffer, catalogue, flushing
from billing.metrics.services import count, count_on_commit, observe
from billing.models import MetricTotal
from tests.races.harness import at_once, went_through


@pytest.fixture(autouse=True)
def fresh():
    buffer.forget()
    yield
    buffer.forget()


def sums() -> dict[tuple[str, str, str], int]:
    rows = MetricTotal.objects.values_list("name", "labels", "part", "value")
    return {(name, labels, part): value for name, labels, part, value in rows}


def refund(outcome: str = "ok", n: int = 1) -> None:
    count("gateway_calls", n, gateway="stripe", operation="refund", outcome=outcome)


@pytest.mark.django_db
def test_what_is_counted_adds_up_over_flushes() -> None:
    refund()
    refund(n=3)
    assert flushing.flush() == 1
    refund()
    flushing.flush()
    assert flushing.flush() == 0
    assert sums() == {("gateway_calls", '["stripe", "refund", "ok"]', ""): 5}


@pytest.mark.django_db
def test_times_fall_into_their_buckets() -> None:
    for seconds in (0.005, 0.0051, 0.2, 45):
        observe("gateway_call_seconds", seconds, gateway="stripe", operation="refund")
    flushing.flush()
    key = ("gateway_call_seconds", '["stripe", "refund"]')
    assert sums() == {
        (*key, "0.005"): 1,
        (*key, "0.01"): 1,
        (*key, "0.25"): 1,
        (*key, "+Inf"): 1,
        (*key, "sum"): 45_210_100,
    }


@pytest.mark.parametrize(
    "slip",
    [
        lambda: count("webhooks_recieved", source="stripe", endpoint="", type="charge.refunded"),
        lambda: count("webhooks_rejected", source="stripe"),
        lambda: count("webhooks_rejected", source="stripe", reason="signature", address="10.0.0.1"),
        lambda: count("webhooks_rejected", source="stripe", reason="because"),
        lambda: count("quota_hits", -1, quota="api_calls"),
        lambda: count("webhooks_delay_seconds", source="stripe"),
        lambda: observe("quota_hits", 0.1, quota="api_calls"),
        lambda: count("webhooks_lag_seconds"),
    ],
)
def test_a_slip_is_an_error_at_home_and_a_line_in_production(slip, settings) -> None:
    with pytest.raises(ValueError):
        slip()
    settings.PRODUCTION = True
    slip()
    assert all(outcome == "other" for _, words, _ in buffer.take() for outcome in words.split('"')[3:4])


def test_no_sender_makes_series_without_end() -> None:
    for n in range(500):
        count("webhooks_duplicates", source="stripe", type=f"made.up.{n}")
    count("webhooks_duplicates", source="stripe", type='"}\n# HELP')
    taken = buffer.take()
    assert len(taken) == 201
    assert taken["webhooks_duplicates", '["stripe", "other"]', ""] == 301


def test_words_of_other_processes_count_towards_the_limit() -> None:
    buffer.remember(("webhooks_duplicates", f'["stripe", "made.up.{n}"]') for n in range(200))
    count("webhooks_duplicates", source="stripe", type="made.up.7")
    count("webhooks_duplicates", source="stripe", type="yet.another")
    assert set(buffer.take()) == {
        ("webhooks_duplicates", '["stripe", "made.up.7"]', ""),
        ("webhooks_duplicates", '["stripe", "other"]', ""),
    }


@pytest.mark.django_db
def test_what_cannot_be_written_is_written_later() -> None:
    refund()
    with patch("billing.metrics.flushing.write", side_effect=DatabaseError), pytest.raises(DatabaseError):
        flushing.flush()
    refund()
    flushing.flush()
    assert list(sums().values()) == [2]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_counted_where_it_should_not_be() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        count_on_commit("quota_hits", quota="api_calls")
        raise RuntimeError
    with transaction.atomic():
        count_on_commit("quota_hits", quota="seats")
    assert [words for _, words, _ in buffer.take()] == ['["seats"]']


def naively(taken) -> None:
    """The twin that loses: reads each sum and writes it back."""
    for (name, labels, part), value in taken.items():
        row, _ = MetricTotal.objects.get_or_create(name=name, labels=labels, part=part, defaults={"value": 0})
        MetricTotal.objects.filter(pk=row.pk).update(value=row.value + value)


def written_at_once(write, threads: int = 4, rounds: int = 40) -> int:
    """Each thread writes one more to the same two sums, in an order of its own."""
    first = ("quota_hits", '["api_calls"]', "")
    second = ("quota_hits", '["seats"]', "")

    def adds(n: int) -> None:
        order = (first, second) if n % 2 else (second, first)
        for _ in range(rounds):
            write(dict.fromkeys(order, 1))

    outcomes = at_once([lambda n=n: adds(n) for n in range(threads)])
    assert len(went_through(outcomes)) == threads, outcomes
    return min(sums()[key] for key in (first, second))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_processes_that_write_at_once_lose_nothing_and_never_wait_in_a_circle() -> None:
    MetricTotal.objects.all().delete()
    assert written_at_once(flushing.write) == 160


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_reading_and_writing_back_would_lose() -> None:
    assert written_at_once(naively) < 160


@pytest.mark.django_db
def test_one_statement_writes_everything(django_assert_num_queries) -> None:
    for n in range(50):
        count("webhooks_duplicates", source="stripe", type=f"kind.{n}")
        observe("webhooks_processing_seconds", 0.02, source="stripe", type=f"kind.{n}")
    with django_assert_num_queries(1):
        assert flushing.flush() == 150
    assert not connection.needs_rollback


def test_the_catalogue_reads_as_it_should() -> None:
    assert len(catalogue.BY_NAME) == len(catalogue.METRICS)
    for metric in catalogue.METRICS:
        assert metric.help.endswith(".")
        assert bool(metric.buckets) == (metric.kind == "times"), metric.name
        assert all(bool(label.among) != bool(label.most) for label in metric.labels), metric.name
        assert metric.name.endswith("_seconds") or metric.kind != "times"
