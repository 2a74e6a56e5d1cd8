"""Runs: each row once, with its result, whatever is killed, paused or refused meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.errors import Conflict, Refused
from billing.history.actors import person
from billing.jobs import kinds, services
from billing.jobs.models import Run, RunRow
from tests.make import NOW

pytestmark = pytest.mark.django_db

INES = person(7, "Ines Marchetti")


@pytest.fixture
def calls() -> Iterator[list[int]]:
    """A kind of run that remembers its rows, refuses number 3 and dies at number 5 while told to."""
    done: list[int] = []

    def handler(row: RunRow, asked: Any, *, actor: Any, now: Any) -> str:
        assert actor == INES
        if row.subject_id == 3:
            raise Refused("odd", "Number 3 is refused: choose another.")
        if row.subject_id == asked.get("dies_at"):
            raise KeyboardInterrupt
        done.append(row.subject_id)
        return f"did {row.subject_id}"

    kinds.row_handler("test.run", subject="customer")(handler)
    yield done
    kinds._kinds.pop("test.run")


def start(count: int = 6, **more: Any) -> Run:
    rows = [services.RowAsked(number, f"CUS-{number}") for number in range(1, count + 1)]
    fields = {
        "kind": "test.run",
        "title": "Try",
        "rows": rows,
        "asked": {},
        "actor": INES,
        "now": NOW,
        **more,
    }
    return services.start_run(**fields)


def test_each_row_has_its_own_result(calls: list[int]) -> None:
    run = services.do_run(run_id=start().pk, clock=timezone.now)
    assert (run.state, run.done, run.failed, run.total) == ("done", 6, 1, 6)
    assert calls == [1, 2, 4, 5, 6]
    refused = run.rows.get(ok=False)
    assert refused.message == "Number 3 is refused: choose another."


def test_a_killed_run_goes_on_where_it_stood(calls: list[int]) -> None:
    run = start(asked={"dies_at": 5})
    with pytest.raises(KeyboardInterrupt):
        services.do_run(run_id=run.pk, clock=lambda: NOW)
    run.refresh_from_db()
    assert (run.state, run.done) == ("running", 4)
    assert run.rows.get(subject_id=5).ok is None
    Run.objects.filter(pk=run.pk).update(asked={})
    assert services.take_up_silent(now=NOW + timedelta(seconds=30)) == 0, "it may still be alive"
    assert services.take_up_silent(now=NOW + timedelta(minutes=3)) == 1
    run = services.do_run(run_id=run.pk, clock=timezone.now)
    assert (run.state, run.done, run.failed) == ("done", 6, 1)
    assert calls == [1, 2, 4, 5, 6], "no row twice"


def test_doing_a_run_twice_does_its_rows_once(calls: list[int]) -> None:
    run = start()
    for _ in range(2):
        services.do_run(run_id=run.pk, clock=timezone.now)
    assert calls == [1, 2, 4, 5, 6]


def test_a_paused_run_waits_until_it_is_resumed(calls: list[int]) -> None:
    run = start()
    services.pause_run(run=run, actor=INES, now=NOW)
    assert services.do_run(run_id=run.pk, clock=timezone.now).state == "paused"
    assert calls == []
    services.resume_run(run=run, actor=INES, now=NOW)
    assert services.do_run(run_id=run.pk, clock=timezone.now).state == "done"


def test_failed_rows_are_tried_again_alone(calls: list[int]) -> None:
    run = services.do_run(run_id=start().pk, clock=timezone.now)
    calls.clear()
    run = services.retry_failed(run=run, actor=INES, now=NOW)
    assert (run.state, run.done, run.failed) == ("queued", 5, 0)
    run = services.do_run(run_id=run.pk, clock=timezone.now)
    assert calls == [] and (run.state, run.done, run.failed) == ("done", 6, 1)


def test_one_form_makes_one_run(calls: list[int]) -> None:
    first = start(form_key="k" * 22)
    assert start(form_key="k" * 22).pk == first.pk
    assert first.rows.count() == 6


def test_what_is_over_cannot_be_steered(calls: list[int]) -> None:
    run = services.do_run(run_id=start(2).pk, clock=timezone.now)
    for verb in (services.pause_run, services.resume_run, services.cancel_run, services.retry_failed):
        with pytest.raises(Conflict):
            verb(run=run, actor=INES, now=NOW)


def test_a_canceled_run_leaves_the_rest(calls: list[int]) -> None:
    run = start()
    services.cancel_run(run=run, actor=INES, now=NOW)
    assert services.do_run(run_id=run.pk, clock=timezone.now).state == "canceled"
    assert calls == []
