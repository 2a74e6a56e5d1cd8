"""What goes by the clock: a worker starts it by itself, and one that is told not to does not."""

from tests.browser.desk import Desk, opened

SEALED = (
    "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = 'audit.seal' AND status = 'succeeded')"
)


def test_a_worker_keeps_the_clock() -> None:
    with opened("empty", WORKER_SCHEDULES="yes") as desk:
        desk.until(SEALED)
        assert desk.one("SELECT count(DISTINCT task_name) FROM procrastinate_periodic_defers") > 5


def test_a_worker_without_schedules_does_only_what_is_queued(desk: Desk) -> None:
    assert desk.one("SELECT count(*) FROM procrastinate_periodic_defers") == 0
    assert not desk.one(SEALED)
