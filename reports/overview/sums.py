"""What the figures are made of, for many stretches of time in one question each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from billing.refunds.rules import HOLDS

__all__ = ["Sums", "sums"]

type Bucket = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Sums:
    """One stretch of time, in one currency (webhooks in all); minor units."""

    captured: int
    succeeded: int
    failed: int
    first_failed: int
    recovered: int
    refunded: int
    refunded_of_these: int
    disputed: int
    webhooks_done: int
    webhooks_all: int
    webhook_delay_ms: int | None


def sums(buckets: Sequence[Bucket], currency: str) -> list[Sums]:
    """Three questions, however many buckets."""
    payments = _ask(PAYMENTS, buckets, {"currency": currency, "holds": sorted(HOLDS - {"pending_approval"})})
    refunds = _ask(REFUNDS, buckets, {"currency": currency})
    webhooks = _ask(WEBHOOKS, buckets, {})
    return [
        Sums(
            captured=int(p[0]),
            succeeded=int(p[1]),
            failed=int(p[2]),
            first_failed=int(p[3]),
            recovered=int(p[4]),
            refunded=int(r[0]),
            refunded_of_these=int(p[5]),
            disputed=int(p[6]),
            webhooks_done=int(w[0]),
            webhooks_all=int(w[1]),
            webhook_delay_ms=w[2],
        )
        for p, r, w in zip(payments, refunds, webhooks, strict=True)
    ]


def _ask(query: str, buckets: Sequence[Bucket], values: dict[str, Any]) -> list[tuple]:
    """The answers in the order of the buckets."""
    starts, ends = [b[0] for b in buckets], [b[1] for b in buckets]
    with connection.cursor() as cursor:
        cursor.execute(query, {"starts": starts, "ends": ends, **values})
        return [row[1:] for row in cursor.fetchall()]


_BUCKETS = """
    unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS b(first, after, n)
"""

PAYMENTS = f"""
SELECT b.n, coalesce(sum(p.captured_minor) FILTER (WHERE p.state = 'succeeded'), 0),
       count(*) FILTER (WHERE p.state = 'succeeded'), count(*) FILTER (WHERE p.state = 'failed'),
       coalesce(sum(p.amount_minor) FILTER (WHERE tried.failed), 0),
       coalesce(sum(p.amount_minor) FILTER (WHERE tried.failed AND p.state = 'succeeded'), 0),
       coalesce(sum(back.minor) FILTER (WHERE p.state = 'succeeded'), 0),
       count(*) FILTER (WHERE disputed.found)
FROM {_BUCKETS}
LEFT JOIN billing_payment p ON p.currency = %(currency)s
    AND p.created_at >= b.first AND p.created_at < b.after
LEFT JOIN (SELECT payment_id, true AS failed FROM billing_paymentattempt WHERE state = 'failed'
           GROUP BY payment_id) tried ON tried.payment_id = p.id
LEFT JOIN (SELECT payment_id, sum(amount_minor) AS minor FROM billing_refund WHERE state = ANY(%(holds)s)
           GROUP BY payment_id) back ON back.payment_id = p.id
LEFT JOIN (SELECT payment_id, true AS found FROM billing_dispute
           WHERE state NOT IN ('warning', 'warning_closed') GROUP BY payment_id) disputed
    ON disputed.payment_id = p.id
GROUP BY b.n ORDER BY b.n
"""  # noqa: S608

REFUNDS = f"""
SELECT b.n, coalesce(sum(f.amount_minor), 0)
FROM {_BUCKETS}
LEFT JOIN billing_refund f ON f.currency = %(currency)s AND f.state = 'succeeded'
    AND f.created_at >= b.first AND f.created_at < b.after
GROUP BY b.n ORDER BY b.n
"""  # noqa: S608

WEBHOOKS = f"""
SELECT b.n, count(*) FILTER (WHERE w.state IN ('processed', 'ignored')), count(w.id),
       round(1000 * percentile_cont(0.95) WITHIN GROUP (
           ORDER BY extract(epoch FROM w.processed_at - w.received_at))
           FILTER (WHERE w.state IN ('processed', 'ignored')))::bigint
FROM {_BUCKETS}
LEFT JOIN billing_webhookevent w ON w.received_at >= b.first AND w.received_at < b.after
    AND w.state NOT IN ('received', 'processing')
GROUP BY b.n ORDER BY b.n
"""  # noqa: S608
