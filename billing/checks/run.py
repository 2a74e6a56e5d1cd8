"""All checks, in one snapshot of the books."""

from collections.abc import Iterator

from django.db import connection, transaction

from billing.checks import (
    credits,
    database,
    documents,
    incidents,
    ledger,
    purchases,
    rollups,
    stories,
    usage,
    webhooks,
)
from billing.checks.check import Check, Result

__all__ = ["CHECKS", "verify"]

CHECKS: tuple[Check, ...] = (
    *ledger.CHECKS, *credits.CHECKS, *incidents.CHECKS, *documents.CHECKS, *purchases.CHECKS, *stories.CHECKS,
    *webhooks.CHECKS, *rollups.CHECKS, *usage.CHECKS, *database.CHECKS,
)  # fmt: skip


def verify() -> Iterator[Result]:
    """Runs every check, one result at a time. All see the same moment, whatever is written meanwhile."""
    inside = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not inside:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for check in CHECKS:
            yield check.run(cursor)
