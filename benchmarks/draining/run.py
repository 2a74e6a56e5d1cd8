"""Events that one loop of a worker drains a second, beside empty jobs of procrastinate's, one by one.

    python -m dashboard.local.with_database benchmarks/draining/run.py [--quick]

Unhandled: types that the desk has no use for, which only have to be told so. Handled: succeeded payment
intents of new customers, each with its customer, posting, history and audit rows.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from benchmarks.bench import Line, run, show

UNHANDLED, HANDLED, JOBS, ROUNDS = 5_000, 300, 300, 3
QUICK = (100, 5, 5, 1)
NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)
_numbers = count(1)


def put(events: int, kind: str, body: Callable[[int], dict[str, Any]]) -> None:
    """Stores events as the door does."""
    from django.db import transaction

    from billing.webhooks.sources.protocol import Incoming
    from billing.webhooks.storing import row_of, store

    rows = []
    for number in (next(_numbers) for _ in range(events)):
        told = body(number)
        incoming = Incoming(
            source="stripe",
            endpoint="",
            event_id=f"evt_drain{number:012}",
            type=kind,
            happened_at=NOW - timedelta(hours=1) + timedelta(milliseconds=number),
            digest="",
            object_kind=told["object"],
            object_id=told["id"],
            customer_gateway_id=told.get("customer", ""),
            content={"object": told, "dropped": {}},
        )
        rows.append(row_of(incoming, now=NOW))
    with transaction.atomic():
        for row in rows:
            store(row)


def intent(number: int) -> dict[str, Any]:
    return {
        "id": f"pi_drain{number:012}",
        "object": "payment_intent",
        "status": "succeeded",
        "created": int(NOW.timestamp()) - 7_200,
        "customer": f"cus_drain{number:012}",
        "amount": 4900,
        "amount_received": 4900,
        "currency": "eur",
    }


def rate(fill: Callable[[], None], deed: Callable[[], int], rounds: int) -> float:
    """The median of things done a second; filling is not counted."""
    found = []
    for _ in range(rounds):
        fill()
        began = time.perf_counter()
        done = deed()
        found.append(done / (time.perf_counter() - began))
    return sorted(found)[len(found) // 2]


def measure(
    unhandled: int = UNHANDLED, handled: int = HANDLED, jobs: int = JOBS, rounds: int = ROUNDS
) -> list[Line]:
    from procrastinate.contrib.django import app

    from billing.webhooks.services import drain

    @app.task(name="benchmarks.nothing", queue="benchmarks")
    def nothing(number: int) -> None:
        """A job that does nothing."""

    def work() -> int:
        with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
            worker.run_worker(
                queues=["benchmarks"],
                wait=False,
                listen_notify=False,
                install_signal_handlers=False,
                delete_jobs="successful",
            )
        return jobs

    def drained() -> int:
        return drain(now=NOW + timedelta(minutes=1))

    empty = rate(
        lambda: (
            app.configure_task("benchmarks.nothing", queue="benchmarks").batch_defer(
                *({"number": number} for number in range(jobs))
            )
            and None
        ),
        work,
        rounds,
    )
    account: Callable[[int], dict[str, Any]] = lambda number: {"id": f"acct_{number}", "object": "account"}  # noqa: E731
    told = rate(lambda: put(unhandled, "account.updated", account), drained, rounds)
    done = rate(lambda: put(handled, "payment_intent.succeeded", intent), drained, rounds)
    return [Line("unhandled events", told, empty, "/s"), Line("handled events", done, empty, "/s")]


def main(quick: bool) -> None:
    lines = measure(*QUICK) if quick else measure()
    show("Events drained a second by one loop", "events", "empty jobs", lines)


if __name__ == "__main__":
    run("draining", main, __doc__)
