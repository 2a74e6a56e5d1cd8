"""How the desk is doing: each check answers ok, degraded or down, with a sentence for the details screen.

The public answer carries names and states only, never a sentence, an address or a version.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from billing.history.rights import excess_rights
from dashboard.database import OLDEST_POSTGRESQL

log = structlog.get_logger(__name__)

OK, DEGRADED, DOWN = "ok", "degraded", "down"
WORKER_SILENT_AFTER = timedelta(minutes=2)
QUEUE_LATE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer. `sentence` is for members who may see health."""

    name: str
    state: str
    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)


def database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        version = cursor.fetchone()[0] // 10000
    if version < OLDEST_POSTGRESQL:
        return Finding("database", DOWN, f"PostgreSQL {version}; {OLDEST_POSTGRESQL} or newer is needed.")
    return Finding("database", OK, f"PostgreSQL {version} answers.")


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return Finding("migrations", DOWN, f"{len(waiting)} migration(s) wait; run “manage.py migrate”.")
    return Finding("migrations", OK, "All migrations are applied.")


def rights() -> Finding:
    excess = excess_rights(connection)
    if excess:
        return Finding("rights", DOWN, f"{excess[0]} ({len(excess)} rights too many.)")
    return Finding("rights", OK, "The application's role cannot change ledger or history.")


def worker() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(last_heartbeat) FROM procrastinate_workers")
        count, last = cursor.fetchone()
    if not count:
        return Finding(
            "worker",
            DEGRADED,
            "No worker runs, so refunds wait. Start “manage.py procrastinate worker”.",
        )
    silent = timezone.now() - last
    if silent > WORKER_SILENT_AFTER:
        return Finding(
            "worker",
            DEGRADED,
            f"No worker has been heard of for {int(silent.total_seconds() // 60)} minutes.",
        )
    return Finding("worker", OK, f"{count} {'worker is' if count == 1 else 'workers are'} at work.")


def queue() -> Finding:
    """How long the oldest job that could run has been waiting. Age is told from its last event."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), min(greatest(j.scheduled_at, e.at))
              FROM procrastinate_jobs j
              LEFT JOIN LATERAL (SELECT max(at) AS at FROM procrastinate_events WHERE job_id = j.id) e ON true
             WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
            """
        )
        waiting, since = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
        failed = cursor.fetchone()[0]
    facts = {"waiting": waiting, "failed": failed, "since": since}
    age = timezone.now() - since if since else timedelta()
    if age > QUEUE_LATE_AFTER:
        minutes = int(age.total_seconds() // 60)
        return Finding("queue", DEGRADED, f"{waiting} jobs wait, the oldest for {minutes} minutes.", facts)
    words = f"{waiting} jobs wait" if waiting else "No job waits"
    return Finding("queue", OK, f"{words}; {failed} have failed for good." if failed else f"{words}.", facts)


CHECKS: tuple[Callable[[], Finding], ...] = (database, migrations, rights, worker, queue)


def examine() -> list[Finding]:
    """Every check in order. One that cannot be made is down itself and does not stop the others."""
    found = []
    for check in CHECKS:
        try:
            found.append(check())
        except DatabaseError as error:
            log.warning("health_check_failed", check=check.__name__, error=type(error).__name__)
            found.append(Finding(check.__name__, DOWN, "This could not be asked of the database."))
    return found


def overall(found: list[Finding]) -> str:
    """The worst state of all."""
    return max((finding.state for finding in found), key=(OK, DEGRADED, DOWN).index, default=OK)
