"""Invoices collected a second through the sandbox: by the sweep beside a loop that charges one after another.

    python -m dashboard.local.with_database benchmarks/collecting/run.py [--quick]

Every charge is whole: the payment, its attempt and its key before the call, the gateway's own record and its
message, then the answer with its allocation, postings and history. Once with a gateway that answers at once,
once with one that takes a tenth of a second, and once held to a limit of calls, which must not be exceeded.
"""

import statistics
import time
from datetime import UTC, datetime

from benchmarks.bench import Line, run, say, show

INVOICES, ROUNDS = 100, 3
QUICK = (4, 1)
LIMIT = 20
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
NEAR, FAR = "billing.gateways.sandbox.Sandbox", "benchmarks.collecting.slow.FarAway"


def measure(invoices: int, rounds: int) -> list[Line]:
    """Invoices a second."""
    from django.test import override_settings

    from billing.models import GatewayPace

    lines = []
    with override_settings(SANDBOX_CALLS_A_SECOND=100_000):
        for name, gateway in (("answers at once", NEAR), ("answers after 0.1 s", FAR)):
            with override_settings(GATEWAYS={"sandbox": gateway}):
                found = in_turns(invoices, rounds)
            lines.append(Line(name, found["sweep"], found["loop"], "a s"))
    GatewayPace.objects.all().delete()
    with override_settings(SANDBOX_CALLS_A_SECOND=LIMIT, GATEWAYS={"sandbox": NEAR}):
        book(invoices)
        began = time.monotonic()
        charged = collect()
        took = time.monotonic() - began
    # A second's calls may run ahead of the limit, so a second is added to what it took.
    lines.append(Line(f"held to {LIMIT} calls a second", charged / (took + 1), LIMIT, "a s"))
    return lines


def in_turns(invoices: int, rounds: int) -> dict[str, float]:
    """The median rate of each; making the invoices is not in the time, and the first round is not counted."""
    taken: dict[str, list[float]] = {"sweep": [], "loop": []}
    for turn in range(rounds + 1):
        for name, deed in (("sweep", lambda ids: collect()), ("loop", one_by_one)):
            ids = book(invoices)
            began = time.perf_counter()
            done = deed(ids)
            if turn:
                taken[name].append(done / (time.perf_counter() - began))
    return {name: statistics.median(each) for name, each in taken.items()}


def collect() -> int:
    from billing.payments.collecting import sweep

    return sweep(now=NOW).charged


def one_by_one(invoice_ids: list[int]) -> int:
    from billing.history.actors import system
    from billing.payments.charging import collect_invoice

    for invoice_id in invoice_ids:
        collect_invoice(invoice_id=invoice_id, actor=system("benchmark"), now=NOW)
    return len(invoice_ids)


def book(invoices: int) -> list[int]:
    """Open invoices of ours that are due, each of a customer with a card."""
    from tests.billing.payments.tills import due

    return [due().pk for _ in range(invoices)]


def main(quick: bool) -> None:
    lines = measure(*(QUICK if quick else (INVOICES, ROUNDS)))
    show("Invoices collected through the sandbox", "sweep", "one by one", lines)
    say("\nThe last line is held beside the limit itself: 1 would be exactly as fast as allowed.")


if __name__ == "__main__":
    run("collecting", main, __doc__)
