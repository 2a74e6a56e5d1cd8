"""A book of subscriptions that are due: customers in ten countries, three plans, some with seats."""

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)
CUSTOMERS = """
INSERT INTO billing_customer (gateway, gateway_id, reference, external_id, country, currency, locale, tags,
    created_at)
SELECT '', '', 'CUS-' || lpad((%(first)s + n)::text, 10, '0'), '',
    (ARRAY['DE', 'FR', 'RO', 'IT', 'ES', 'NL', 'PL', 'AT', 'US', 'CH'])[1 + n %% 10], 'EUR', 'en', '{}',
    timestamptz '2026-09-01 09:00Z'
FROM generate_series(1, %(count)s) n
RETURNING id
"""
IDENTITIES = """
INSERT INTO billing_identity (customer_id, name, email, line1, line2, city, region, postal_code, phone,
    tax_id)
SELECT id, 'Customer ' || id, 'billing.' || id || '@customer.example', 'Marktplatz 1', '', 'Halden', '',
    '10115', '', ''
FROM unnest(%(customers)s::bigint[]) id
"""
SUBSCRIPTIONS = """
INSERT INTO billing_subscription (gateway, gateway_id, reference, customer_id, state, collected_by, currency,
    anchor_at, current_period_start, current_period_end, cancel_at_period_end, created_at, asked_by,
    collection, due_days, proration_basis)
SELECT '', '', 'SUB-' || lpad((%(first)s + n)::text, 10, '0'), (%(customers)s::bigint[])[n], 'active', 'us',
    'EUR', starts, starts, starts + interval '1 month', false, starts, '', 'charge', 14, 'second'
FROM (
    SELECT n, timestamptz '2026-10-01 00:00Z' + (n %% 1000) * interval '1 minute' AS starts
    FROM generate_series(1, %(count)s) n
) each
RETURNING id
"""
ITEMS = """
INSERT INTO billing_subscriptionitem (gateway, gateway_id, subscription_id, price_id, quantity,
    discount_minor)
SELECT '', '', (%(subscriptions)s::bigint[])[n], (%(prices)s::bigint[])[1 + n %% 3],
    1 + (n %% 5 = 0)::int * (n %% 7), 0
FROM generate_series(1, %(count)s) n
"""
_written = 0


def plans() -> list[int]:
    """The ids of three monthly prices, each of a tier that grants tokens with every period."""
    from billing.models import Price, Tier, TierCredits

    made = []
    for rank, (name, minor) in enumerate((("Solo", 1_900), ("Team", 4_900), ("Business", 9_900)), 1):
        tier = Tier.objects.create(slug=f"{name.lower()}-bench", name=name, rank=rank, created_at=NOW)
        TierCredits.objects.create(tier=tier, unit="tokens", amount=1_000 * rank, per="period")
        price = Price.objects.create(
            tier=tier,
            currency="EUR",
            unit_amount_minor=minor,
            interval_unit="month",
            version=1,
            created_at=NOW,
        )
        made.append(price.pk)
    return made


def fill(count: int, prices: list[int]) -> list[int]:
    """So many subscriptions, each of a customer of its own, whose first month ended on 1 November."""
    global _written
    made: list[int] = []
    while len(made) < count:
        some = min(20_000, count - len(made))
        made += _fill(some, prices, _written)
        _written += some
    analyse()
    return made


def _fill(count: int, prices: list[int], first: int) -> list[int]:
    from django.db import connection, transaction

    values: dict[str, Any] = {"count": count, "first": first, "prices": prices}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(CUSTOMERS, values)
        values["customers"] = [row[0] for row in cursor.fetchall()]
        cursor.execute(IDENTITIES, values)
        cursor.execute(SUBSCRIPTIONS, values)
        values["subscriptions"] = [row[0] for row in cursor.fetchall()]
        cursor.execute(ITEMS, values)
    return list(values["subscriptions"])


def analyse() -> None:
    """Fresh statistics, as autovacuum would have made them."""
    from dashboard.database import as_owner

    with as_owner() as owner, owner.cursor() as cursor:
        for table in ("customer", "identity", "subscription", "subscriptionitem"):
            cursor.execute(f"ANALYZE billing_{table}")
