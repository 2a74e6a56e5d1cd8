"""Webhooks a second: our intake beside a bare endpoint and beside dj-stripe, under the same server.

    python -m dashboard.local.with_database benchmarks/webhooks/run.py [--quick] [--rows 5000000]

Signed messages of Stripe go over HTTP to granian, from one client and from four that wait for each answer.
Ours verifies, strips by the allow list, and answers when the message is durable. The floor verifies and makes
one durable INSERT of the whole message; nothing less would be an intake. dj-stripe's view verifies and
stores, and has no handler to run (its default, asking Stripe for each event, is not measured). It is
installed for the run in an environment of its own; where that cannot be done it is left out.

Each comparison takes turns. Then the same again with a table of so many events, and with messages that came
before. "Ours" and "other" are events a second.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.bench import Line, database, say, show
from benchmarks.webhooks.messages import SECRET
from benchmarks.webhooks.others import paypal

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, EACH, ROWS = 5, 1_500, 5_000_000
PROCESSES = 2  # of each server: a machine of two cores, as docs/production.md says
QUICK = (1, 30, 2_000)
DJSTRIPE_ROUNDS, DJSTRIPE_EACH = 2, 300
FILL = """
INSERT INTO billing_webhookevent
    (source, endpoint, event_id, type, object_kind, object_id, customer_gateway_id, api_version, digest,
     state, happened_at, received_at, due_at, processed_at, attempts, duplicates, error)
SELECT 'stripe', '', 'evt_old' || n, 'payment_intent.succeeded', 'payment_intent', 'pi_old' || n,
    'cus_old' || n %% 5000, '2026-10-28.endive', md5(n::text) || md5(n::text), 'processed',
    now() - n * interval '1 second', now() - n * interval '1 second', NULL, now() - n * interval '1 second',
    1, 0, ''
FROM generate_series(%s, %s) AS n
"""


class Bench:
    """The servers of one run, each at a port, and how clients are sent to them."""

    def __init__(self, rounds: int, each: int) -> None:
        self.rounds, self.each = rounds, each
        self.ports: dict[str, tuple[int, str, str]] = {}
        self.runs = 0

    def rate(self, server: str, clients: int, each: int = 0, run: str = "") -> tuple[float, float]:
        """Events a second, and the median milliseconds of an answer."""
        port, path, secret = self.ports[server]
        each = each or self.each
        if not run:
            self.runs += 1
            run = f"{os.getpid():x}r{self.runs:03d}"
        started = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "benchmarks.webhooks.clients", "127.0.0.1", str(port), path, run),
                    *(str(number * each), str(each), secret),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            for number in range(clients)
        ]
        for client in started:
            assert client.stdout and client.stdout.readline() == "ready\n", "a client did not get ready"
        for client in started:
            assert client.stdin
            client.stdin.write("go\n")
            client.stdin.flush()
        told = [json.loads(client.communicate()[0]) for client in started]
        statuses = {status for each_told in told for status in each_told["statuses"]}
        if statuses != {"200"}:
            raise AssertionError(f"{server} answered {statuses}")
        slowest = max(each_told["seconds"] for each_told in told)
        return clients * each / slowest, statistics.median(
            t for each_told in told for t in each_told["taken"]
        )

    def in_turns(self, servers: dict[str, tuple[str, int]], clients: int) -> dict[str, tuple[float, float]]:
        """Medians of rates and of answer times; the first round is not counted."""
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
        for turn in range(self.rounds + 1):
            for name, (server, each) in servers.items():
                got = self.rate(server, clients, each)
                if turn or self.rounds == 1:
                    found[name].append(got)
        return {
            name: (statistics.median(r for r, _ in each), statistics.median(m for _, m in each))
            for name, each in found.items()
        }


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextmanager
def serving(python: str, application: str, processes: int, **variables: str) -> Iterator[int]:
    """The production server with one application, as docs/production.md starts it."""
    port = free_port()
    command = [python, "-m", "granian", "--interface", "wsgi", application, "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", str(processes), "--blocking-threads", "8", "--no-ws"]
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:  # quiet: it is still starting
                if server.poll() is not None:
                    raise AssertionError(f"{application} did not start") from None
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def fill(rows: int) -> None:
    """So many events that were taken in and done with before."""
    from django.db import connection

    with connection.cursor() as cursor:
        for first in range(1, rows + 1, 250_000):
            cursor.execute(FILL, [first, min(first + 249_999, rows)])
        cursor.execute("ANALYZE billing_webhookevent")


def djstripe_python() -> str:
    """The Python of an environment with dj-stripe in it; "" where there is none."""
    uv = shutil.which("uv")
    if uv is None:
        return ""
    folder = Path(tempfile.gettempdir()) / "countinghouse-bench-djstripe"
    python = folder / "bin" / "python"
    packages = ["dj-stripe", "psycopg[binary]", "granian"]
    made = [[uv, "venv", "-q", "--python", "3.13", str(folder)]] if not python.exists() else []
    for command in [*made, [uv, "pip", "install", "-q", "--python", str(python), *packages]]:
        if subprocess.run(command, check=False, capture_output=True).returncode:
            return ""
    return str(python)


@contextmanager
def djstripe(python: str, processes: int) -> Iterator[int]:
    from dashboard.local import postgres
    from dashboard.local.addresses import OWNER, socket_directory

    name = f"bench_djstripe_{os.getpid()}"
    postgres.create_database(name)
    where = {
        "BENCH_DB_NAME": name,
        "BENCH_DB_USER": OWNER,
        "BENCH_DB_HOST": str(socket_directory()),
        "DJANGO_SETTINGS_MODULE": "",
    }
    try:
        subprocess.run(
            [python, "-m", "benchmarks.webhooks.djstripe_site", "prepare"],
            cwd=ROOT,
            env={**os.environ, **where},
            check=True,
        )
        with serving(python, "benchmarks.webhooks.djstripe_site:application", processes, **where) as port:
            yield port
    finally:
        postgres.drop_database(name)


def measure(quick: bool, *, rows: int, rounds: int, each: int, processes: int) -> None:
    from django.db import connection

    from benchmarks.bench import create_function
    from benchmarks.webhooks.djstripe_endpoint import UUID
    from benchmarks.webhooks.floor import TABLE
    from dashboard.local.addresses import url

    bench = Bench(rounds, each)
    create_function(TABLE)
    create_function("GRANT ALL ON bench_floor TO PUBLIC")
    name = os.environ["DATABASE_NAME"]
    with ExitStack() as stack:
        ours = stack.enter_context(
            serving(
                sys.executable,
                "dashboard.wsgi:application",
                processes,
                STRIPE_WEBHOOK_SECRETS=SECRET,
                WEBHOOK_TOLERANCE_SECONDS="3600",
                YOOKASSA_NETWORKS="127.0.0.0/8",
                **stack.enter_context(paypal()),
            )
        )
        bench.ports["paypal"] = (ours, "/webhooks/paypal/", SECRET)
        bench.ports["yookassa"] = (ours, "/webhooks/yookassa/", SECRET)
        bench.ports["ours"] = (ours, "/webhooks/stripe/", SECRET)
        floor = stack.enter_context(
            serving(
                sys.executable,
                "benchmarks.webhooks.floor:application",
                processes,
                BENCH_DATABASE_URL=url("countinghouse", name),
            )
        )
        bench.ports["floor"] = (floor, "/", SECRET)
        table: dict[tuple[str, int], tuple[float, float]] = {}
        show("Beside the floor", "ours", "floor", compare(bench, "an empty table", table))
        show("Came before, beside new", "before", "new", again(bench))
        show("Other gateways beside Stripe, all ours", "other", "Stripe", others(bench))
        python = djstripe_python()
        if python:
            with djstripe(python, processes) as port:
                bench.ports["djstripe"] = (port, f"/stripe/webhook/{UUID}/", SECRET)
                beside = beside_djstripe(bench, quick)
            show("Events a second beside dj-stripe, which only stores", "ours", "dj-stripe", beside)
        else:
            say("dj-stripe could not be installed here and is left out.")
        connection.close()
        fill(rows)
        show("Beside the floor", "ours", "floor", compare(bench, f"{rows:,} events", table))
        delays = [
            Line(
                f"{clients} client{'s' if clients > 1 else ''}: {rows:,} events beside none",
                table[f"{rows:,} events", clients][1],
                table["an empty table", clients][1],
                "ms",
            )
            for clients in (1, 4)
        ]
        show("Median answer", "large table", "empty table", delays)


def compare(bench: Bench, what: str, table: dict[tuple[str, int], tuple[float, float]]) -> list[Line]:
    lines = []
    for clients in (1, 4):
        found = bench.in_turns({"ours": ("ours", 0), "floor": ("floor", 0)}, clients)
        table[what, clients] = found["ours"]
        name = f"{what}, {clients} client{'s' if clients > 1 else ''}"
        lines.append(Line(name, found["ours"][0], found["floor"][0], "a s"))
    return lines


def again(bench: Bench) -> list[Line]:
    """Messages that came before, beside new ones, in turns."""
    lines = []
    for clients in (1, 4):
        old, new = [], []
        for turn in range(bench.rounds + 1):
            run = f"{os.getpid():x}d{clients}{turn}"
            fresh = bench.rate("ours", clients, run=run)[0]
            repeated = bench.rate("ours", clients, run=run)[0]
            if turn or bench.rounds == 1:
                new.append(fresh)
                old.append(repeated)
        rates = statistics.median(old), statistics.median(new)
        lines.append(Line(f"{clients} client{'s' if clients > 1 else ''}", *rates, "a s"))
    return lines


def others(bench: Bench) -> list[Line]:
    """PayPal's messages cost a signature of RSA's, YooKassa's an address."""
    lines = []
    for clients in (1, 4):
        turns = {"stripe": ("ours", 0), "paypal": ("paypal", 0), "yookassa": ("yookassa", 0)}
        found = bench.in_turns(turns, clients)
        for name in ("paypal", "yookassa"):
            words = f"{name}, {clients} client{'s' if clients > 1 else ''}"
            lines.append(Line(words, found[name][0], found["stripe"][0], "a s"))
    return lines


def beside_djstripe(bench: Bench, quick: bool) -> list[Line]:
    each = bench.each if quick else DJSTRIPE_EACH
    kept, bench.rounds = bench.rounds, 1 if quick else DJSTRIPE_ROUNDS
    lines = []
    for clients in (1, 4):
        found = bench.in_turns({"ours": ("ours", each), "other": ("djstripe", each)}, clients)
        name = f"{clients} client{'s' if clients > 1 else ''}"
        lines.append(Line(name, found["ours"][0], found["other"][0], "a s"))
    bench.rounds = kept
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: that it runs, not how fast")
    parser.add_argument("--rows", type=int, help="events in the large table (5,000,000)")
    parser.add_argument("--rounds", type=int, help=f"turns of each comparison ({ROUNDS})")
    parser.add_argument("--each", type=int, help=f"messages of each client in a turn ({EACH})")
    parser.add_argument("--processes", type=int, help=f"processes of each server ({PROCESSES})")
    given: Any = parser.parse_args()
    with database("webhooks"):
        measure(
            given.quick,
            rows=given.rows or (QUICK[2] if given.quick else ROWS),
            rounds=given.rounds or (QUICK[0] if given.quick else ROUNDS),
            each=given.each or (QUICK[1] if given.quick else EACH),
            processes=given.processes or PROCESSES,
        )


if __name__ == "__main__":
    main()
