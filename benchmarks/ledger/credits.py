"""Credits used and granted a second, beside bare SQL functions that write the same durable rows.

Used: an entry, its part, the lot's remainder and the account's balance, committed one by one, on one hot
account and on many. The bare function is told the account and the lot; the service is told a customer, finds
the account, asks whether the key is new, plans over the lots, and leaves a line in the log.

Granted: a renewal's lots with their entries, thousands in a statement.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from typing import Any

from benchmarks.bench import Line, create_function, rates, together

CLIENTS, ACCOUNTS, USES, GRANTS, ROUNDS = 8, 1_000, 150, 20_000, 5
QUICK = (2, 3, 4, 6, 1)
NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)
ENTRY = """
    INSERT INTO billing_creditentry (account_id, movement, amount, balance_after, at, lot_ids, lot_amounts,
        key, digest, reason, actor_kind, actor_ref, actor_name, request_id, subject_kind, subject_id, cause,
        shortfall)
"""
BURN = f"""
CREATE OR REPLACE FUNCTION bench_burn(of_account bigint, of_lot bigint, by_key text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    holds bigint;
BEGIN
    SELECT balance INTO holds FROM billing_creditaccount WHERE id = of_account FOR NO KEY UPDATE;
    {ENTRY} VALUES (of_account, 'burn', -1, holds - 1, timestamptz '2026-11-18 13:32Z', ARRAY[of_lot],
        ARRAY[-1], by_key, '', '', 'system', 'system:benchmark', '', '', 'usage', 42, '', 0);
END $$
"""  # noqa: S608 (no value from outside)
GRANT = f"""
CREATE OR REPLACE FUNCTION bench_grant(accounts bigint[], subscriptions bigint[], of_kind text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM billing_creditaccount WHERE id = ANY(accounts) ORDER BY id FOR NO KEY UPDATE;
    WITH lots AS (
        INSERT INTO billing_creditlot (account_id, source, amount, remainder, priority, granted_at,
                expires_at, paid_for, sold_currency, subscription_id, grant_period, kind, cause)
            SELECT a, 'tier_grant', 100, 0, 100, timestamptz '2026-11-18 13:32Z', NULL, false, '', s,
                DATE '2026-11-01', of_kind, ''
            FROM unnest(accounts, subscriptions) g(a, s) RETURNING id, account_id, subscription_id
    )
    {ENTRY} SELECT account_id, 'grant', 100, a.balance + 100, timestamptz '2026-11-18 13:32Z', ARRAY[l.id],
        ARRAY[100], 'bench:' || of_kind || subscription_id, '', 'Renewal', 'system', 'system:benchmark', '',
        '', 'subscription', subscription_id, '', 0
        FROM lots l JOIN billing_creditaccount a ON a.id = account_id;
END $$
"""  # noqa: S608 (no value from outside)
_numbers = count(1)


def fill(accounts: int) -> list[tuple[int, int, int, int]]:
    """Customers with a subscription and a full account: (customer, subscription, account, lot)."""
    from billing.credits import services
    from billing.history.actors import system
    from billing.ids import new_short_reference
    from billing.models import CreditLot, Customer, Subscription

    run = next(_numbers)
    filled = f"fill-{run}"
    customers = Customer.objects.bulk_create(
        Customer(reference=new_short_reference("CUS"), currency="EUR", created_at=NOW)
        for _ in range(accounts)
    )
    held = Subscription.objects.bulk_create(
        Subscription(
            reference=new_short_reference("SUB"), customer=each, state="active", collected_by="us",
            currency="EUR", anchor_at=NOW, created_at=NOW,
        )
        for each in customers
    )  # fmt: skip
    services.grant_many(
        renewals=[
            services.Renewal(each.customer_id, 10**9, services.Cause(each.pk, date(2026, 10, 1), filled))
            for each in held
        ],
        unit="tokens", actor=system("benchmark"), now=NOW,
    )  # fmt: skip
    lots = CreditLot.objects.filter(kind=filled).order_by("pk")
    return list(lots.values_list("account__customer_id", "subscription_id", "account_id", "pk"))


def measure(clients: int, accounts: int, uses: int, grants: int, rounds: int) -> list[Line]:
    """Uses a second on one account and on many, and grants a second in batches."""
    create_function(BURN)
    create_function(GRANT)
    rows = fill(accounts)
    same_rows(rows[0])
    lines = []
    for name, chosen, hands in (
        (f"used, 1 account, {clients} clients", rows[:1], clients),
        (f"used, {accounts} accounts, {clients} clients", rows, clients),
        (f"used, {accounts} accounts, 1 client", rows, 1),
    ):
        lines.append(
            _line(
                name,
                rounds,
                partial(together, hands, partial(_use, chosen, uses)),
                partial(together, hands, partial(_use_bare, chosen, uses)),
            )
        )
    times = max(1, grants // len(rows))
    lines.append(
        _line(
            f"granted, {len(rows)} at a time",
            rounds,
            partial(_grant, rows, times),
            partial(_grant_bare, rows, times),
        )
    )
    return lines


def _line(name: str, rounds: int, ours: Callable[[], int], bare: Callable[[], int]) -> Line:
    found = rates({"ours": ours, "bare": bare}, rounds)
    return Line(name, found["ours"], found["bare"], "a s")


def _use(rows: list[tuple[int, int, int, int]], uses: int, client: int) -> int:
    from billing.credits import services
    from billing.history.actors import system

    actor = system("benchmark")
    for at in range(uses):
        customer, *_ = rows[(client * 97 + at) % len(rows)]
        services.burn(
            customer_id=customer, unit="tokens", amount=1, actor=actor, now=NOW,
            key=f"bench:{next(_numbers)}", subject=("usage", 42),
        )  # fmt: skip
    return uses


def _use_bare(rows: list[tuple[int, int, int, int]], uses: int, client: int) -> int:
    from django.db import connection

    for at in range(uses):
        _, _, account, lot = rows[(client * 97 + at) % len(rows)]
        with connection.cursor() as cursor:
            cursor.execute("SELECT bench_burn(%s, %s, %s)", [account, lot, f"bench:{next(_numbers)}"])
    return uses


def _grant(rows: list[tuple[int, int, int, int]], times: int) -> int:
    from billing.credits import services
    from billing.history.actors import system

    for _ in range(times):
        kind = f"bench-{next(_numbers)}"
        services.grant_many(
            renewals=[
                services.Renewal(customer, 100, services.Cause(held, date(2026, 11, 1), kind))
                for customer, held, *_ in rows
            ],
            unit="tokens", actor=system("benchmark"), now=NOW, reason="Renewal",
        )  # fmt: skip
    return times * len(rows)


def _grant_bare(rows: list[tuple[int, int, int, int]], times: int) -> int:
    from django.db import connection

    for _ in range(times):
        with connection.cursor() as cursor:
            values = [[row[2] for row in rows], [row[1] for row in rows], f"bare-{next(_numbers)}"]
            cursor.execute("SELECT bench_grant(%s, %s, %s)", values)
    return times * len(rows)


def same_rows(row: tuple[int, int, int, int]) -> None:
    """Raises AssertionError unless the functions write what the services write."""
    from billing.models import CreditEntry, CreditEntryLot, CreditLot

    left_out = {
        "id",
        "xid",
        "key",
        "digest",
        "balance_after",
        "actor_name",
        "lot_ids",
        "kind",
        "entry_id",
        "lot_id",
    }
    for ours, bare in ((_use, _use_bare), (_grant, _grant_bare)):
        kinds = []
        for deed in (ours, bare):
            before = [
                each.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
                for each in (CreditEntry, CreditEntryLot, CreditLot)
            ]
            deed([row], 1, 0) if deed in (_use, _use_bare) else deed([row], 1)  # type: ignore[operator]
            rows: list[Any] = [
                each
                for model, since in zip((CreditEntry, CreditEntryLot, CreditLot), before, strict=True)
                for each in model.objects.filter(pk__gt=since).values()
            ]
            kinds.append([{key: one[key] for key in one if key not in left_out} for one in rows])
        if kinds[0] != kinds[1] or not kinds[0]:
            raise AssertionError(f"the two do not write the same: {kinds}")
