"""What a statement costs, as PostgreSQL itself counts it: "uses an index" proves nothing."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

ROWS_REMOVED = 20 * 50  #: twenty pages' worth
BUFFERS = 2_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Pages of memory touched, rows read and thrown away, and the plan for the failure's message."""

    buffers: int
    removed: int
    plan: str


def cost(rows: QuerySet[Any]) -> Cost:
    """Runs the statement under EXPLAIN (ANALYZE, BUFFERS)."""
    return cost_of(*rows.query.sql_with_params())


def cost_of(sql: str, params: Any = ()) -> Cost:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}", params)
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return Cost(
        plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0),
        sum(node.get("Rows Removed by Filter", 0) * node.get("Actual Loops", 1) for node in nodes(plan)),
        json.dumps(plan, indent=1),
    )


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in nodes(child))]


def assert_cheap(rows: QuerySet[Any], what: str) -> Cost:
    """Fails when the statement reads more than a page of a list may."""
    found = cost(rows)
    assert found.removed <= ROWS_REMOVED, f"{what}: {found.removed} rows thrown away\n{found.plan}"
    assert found.buffers <= BUFFERS, f"{what}: {found.buffers} buffers\n{found.plan}"
    return found
