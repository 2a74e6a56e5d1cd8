"""What tests of the audit trail share: changes to seal, and an owner who tampers."""

from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import connection

from billing.audit.services import seal
from billing.history import context
from billing.history.actors import person
from billing.models import AuditSeal, Customer
from dashboard.database import as_owner
from tests import make

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
JUDE = person(12, "Jude Okafor", ["support"])


def horizon_of_this_database(cursor: Any) -> int:
    """No row of ours can come from another database's transactions, nor from the server's housekeeping."""
    cursor.execute(
        "SELECT (SELECT min(backend_xid::text::bigint) FROM pg_stat_activity "
        "WHERE datname = current_database() AND usesysid IS NOT NULL), "
        "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    )
    oldest_running, next_to_come = cursor.fetchone()
    assert next_to_come < 2**32, "backend_xid has no epoch: count transactions in another way"
    return oldest_running or next_to_come


def other_connection() -> psycopg.Connection:
    """A second session as the tests' role, on the tests' database."""
    known = connection.get_connection_params()
    kept = {k: known[k] for k in ("dbname", "user", "password", "host", "port") if known.get(k)}
    return psycopg.connect(**kept, application_name="psql")


def tag(customer: Customer, *tags: str) -> None:
    """A change of a tracked row by a member of the staff."""
    with context.acting(JUDE, request_id="req_1a2b3c4d", reason="asked by phone"):
        Customer.objects.filter(pk=customer.pk).update(tags=list(tags))


def sealed(times: int = 3) -> Customer:
    """A customer whose tags changed in transactions of their own, each with a seal."""
    customer = make.customer()
    for number in range(times):
        tag(customer, f"call-{number}")
        assert isinstance(seal(now=NOW), AuditSeal)
    return customer


def tamper(statement: str, *values: Any) -> None:
    """As the owner of the tables: the application may not."""
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(statement, values)


def one(statement: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]
