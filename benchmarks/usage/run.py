"""Usage recorded and features asked for a second, with a million customers in the tables.

    python -m dashboard.local.with_database benchmarks/usage/run.py [--quick]

Beside a bare SQL function that writes the same event and counters, knows its ids and asks no quota, and
beside the loop that one would write with Django's ORM: get_or_create for the event's key, get_or_create and
F() for each counter, in one transaction. Customers are picked at random, each call commits by itself.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

from benchmarks.bench import Line, create_function, rates, run, say, show, together
from benchmarks.usage import naive

CUSTOMERS, CALLS, ROUNDS = 1_000_000, 400, 3
QUICK = (200, 4, 1)
CLIENTS = 4
NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)
BARE = """
CREATE OR REPLACE FUNCTION bench_use(of_customer bigint, of_meter bigint, of_key text, at timestamptz)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO billing_usagestream (customer_id, meter_id, opened_at) VALUES (of_customer, of_meter, at)
        ON CONFLICT DO NOTHING;
    INSERT INTO billing_usageevent (customer_id, meter_id, key, digest, quantity, value_digest, at,
            counted_at, period_starts_at, received_at, credits, credit_unit, actor_ref)
        VALUES (of_customer, of_meter, of_key, '', 1, '', at,
            at, date_trunc('month', at), at, 0, '', 'bench');
$$;
CREATE OR REPLACE FUNCTION bench_may(of_customer bigint, of_feature text)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM billing_subscription s
        JOIN billing_subscriptionitem i ON i.subscription_id = s.id JOIN billing_price p ON p.id = i.price_id
        JOIN billing_tierfeature g ON g.tier_id = p.tier_id JOIN billing_feature f ON f.id = g.feature_id
        WHERE s.customer_id = of_customer AND f.slug = of_feature AND s.state = 'active')
$$;
"""
#: Copies of one row of each table, a million times, with ids and references of their own.
FILL = (
    """INSERT INTO billing_customer SELECT (jsonb_populate_record(c, jsonb_build_object(
        'id', %(first)s::bigint + n, 'reference', 'CUS-' || lpad(n::text, 10, '0')))).*
        FROM billing_customer c, generate_series(1, %(many)s) n WHERE c.id = %(customer)s""",
    """INSERT INTO billing_subscription SELECT (jsonb_populate_record(s, jsonb_build_object(
        'id', %(first)s::bigint + n, 'customer_id', %(first)s::bigint + n,
        'reference', 'SUB-' || lpad(n::text, 10, '0')))).*
        FROM billing_subscription s, generate_series(1, %(many)s) n WHERE s.id = %(subscription)s""",
    """INSERT INTO billing_subscriptionitem SELECT (jsonb_populate_record(i, jsonb_build_object(
        'id', %(first)s::bigint + n, 'subscription_id', %(first)s::bigint + n))).*
        FROM billing_subscriptionitem i, generate_series(1, %(many)s) n WHERE i.id = %(item)s""",
)
TABLES = ("billing_customer", "billing_subscription", "billing_subscriptionitem")
FIRST = 10_000_000
_numbers = count(1)


def fill(customers: int) -> tuple[Any, Any]:
    """The meter and the feature that every customer's tier gives."""
    from billing.models import Feature, Meter, Quota, TierFeature
    from dashboard.database import as_owner
    from tests import make

    price = make.price()
    meter = Meter.objects.create(slug=f"calls-{next(_numbers)}", name="API calls", created_at=NOW)
    feature = Feature.objects.create(slug=f"log-{next(_numbers)}", name="Audit log", created_at=NOW)
    Quota.objects.create(tier=price.tier, meter=meter, limit=10**9, per="month", past="hard")
    TierFeature.objects.create(tier=price.tier, feature=feature)
    one = make.subscription(at=price, anchor_at=NOW - timedelta(days=8))
    told = {
        "first": FIRST,
        "many": customers,
        "customer": one.customer_id,
        "subscription": one.pk,
        "item": one.items.get().pk,
    }
    with as_owner() as owner, owner.cursor() as cursor:
        for table in TABLES:  # the audit trail of the filling is no part of it
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in FILL:
            cursor.execute(statement, told)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with as_owner() as owner, owner.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")
    return meter, feature


def measure(customers: int, calls: int, rounds: int) -> list[Line]:
    """Calls a second."""
    from django.db import connection

    from billing.entitlements import queries
    from billing.entitlements.services import record_usage
    from billing.history.actors import system

    actor = system("benchmark")
    create_function(BARE)
    naive.prepare()
    meter, feature = fill(customers)

    def each(client: int, deed: Any) -> int:
        chance = Random(f"{client}:{next(_numbers)}")  # noqa: S311 (which customers, not a secret)
        for _ in range(calls):
            deed(FIRST + chance.randint(1, customers), f"k{next(_numbers)}")
        return calls

    def ours(customer: int, key: str) -> None:
        record_usage(
            customer_id=customer, meter=meter.slug, quantity=1, key=key, at=NOW, actor=actor, now=NOW
        )

    def bare(customer: int, key: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT bench_use(%s, %s, %s, %s)", [customer, meter.pk, key, NOW])

    def may(customer: int, key: str) -> None:
        assert queries.can_use(customer, feature.slug, now=NOW)

    def bare_may(customer: int, key: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT bench_may(%s, %s)", [customer, feature.slug])
            assert cursor.fetchone()[0]

    lines = []
    for name, deed, others in (
        ("record_usage", ours, {"bare SQL": bare, "ORM loop": partial(naive.use, meter.pk, NOW)}),
        ("can_use", may, {"bare SQL": bare_may, "ORM": partial(naive.may, feature.slug)}),
    ):
        for clients in (1, CLIENTS):
            found = rates(
                {
                    "ours": partial(together, clients, partial(each, deed=deed)),
                    **{
                        other: partial(together, clients, partial(each, deed=do))
                        for other, do in others.items()
                    },
                },
                rounds,
            )
            who = f"{clients} client{'s' if clients > 1 else ''}"
            lines += [
                Line(f"{name} / {other}, {who}", found["ours"], found[other], "a s") for other in others
            ]
    recorded, asked = per_core(each, ours, calls), per_core(each, may, calls)
    say(f"Of one core, both processes: record_usage {recorded:,.0f} a second, can_use {asked:,.0f};")
    say("waiting for the disk and for other programs is not in it.")
    return lines


def per_core(each: Any, deed: Any, calls: int) -> float:
    """Calls in a second of processor time, of this process and of its server process together."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = Path(f"/proc/{cursor.fetchone()[0]}/stat")

    def spent() -> float:
        ticks = server.read_text().rpartition(")")[2].split()[11:13]
        return process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    began = spent()
    done = each(0, deed)
    return done / max(spent() - began, 0.001)


def main(quick: bool) -> None:
    sizes = QUICK if quick else (CUSTOMERS, CALLS, ROUNDS)
    say(f"{sizes[0]:,} customers, each with a subscription")
    show("Usage and entitlements", "ours", "the other", measure(*sizes))


if __name__ == "__main__":
    run("usage", main, __doc__)
