"""Postings a second to one hot account and to 1,000: through the ledger's services beside bare SQL.

    python -m dashboard.local.with_database benchmarks/ledger/run.py [--quick]

Both write the same durable rows, a posting and its two lines with the same indexes and triggers, and commit
as often. The bare statement knows its ids beforehand, checks nothing and says nothing.
"""

from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

from benchmarks.bench import Line, create_function, rates, run, show, together
from benchmarks.ledger import credits

ONE_BY_ONE, BATCHES, BATCH, ROUNDS, ACCOUNTS = 300, 10, 500, 7, 1_000
QUICK = (10, 2, 10, 1, 3)
CLIENTS = 8
NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)
BARE = """
CREATE OR REPLACE FUNCTION bench_post(causes text[], whose bigint[]) RETURNS void LANGUAGE sql AS $$
    WITH posted AS (
        INSERT INTO billing_posting
            (cause, fact, effective_on, posted_at, customer_id, subject_kind, actor_ref, request_id)
        SELECT cause, 'payment.succeeded', DATE '2026-11-18', timestamptz '2026-11-18 13:32Z', customer, '',
            'benchmark', ''
        FROM unnest(causes, whose) each(cause, customer)
        RETURNING id, customer_id
    )
    INSERT INTO billing_postingline
        (posting_id, account, currency, amount_minor, day, customer_id, reporting_minor, reporting_rate)
    SELECT id, account, 'EUR', amount, DATE '2026-11-18', customer_id, amount, 1
    FROM posted, (VALUES ('gateway_clearing', 9900), ('receivable', -9900)) line(account, amount)
$$
"""
_numbers = count(1)


def causes(how_many: int) -> list[str]:
    return [f"bench:{next(_numbers)}" for _ in range(how_many)]


def drafts(how_many: int) -> list[Any]:
    from billing.ledger.accounts import Account
    from billing.ledger.rules import Draft, Line

    lines = (Line(Account.GATEWAY_CLEARING, "EUR", 9900), Line(Account.RECEIVABLE, "EUR", -9900))
    return [Draft("payment.succeeded", cause, lines) for cause in causes(how_many)]


def bare(many: list[str], customer: int | None = None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT bench_post(%s, %s)", [many, [customer] * len(many)])


def customers(how_many: int) -> list[int]:
    """New customers, each of whom has a receivable account."""
    from billing.ids import new_short_reference
    from billing.models import Customer

    rows = Customer.objects.bulk_create(
        Customer(reference=new_short_reference("CUS"), currency="EUR", created_at=NOW)
        for _ in range(how_many)
    )
    return [row.pk for row in rows]


def measure(one_by_one: int, batches: int, batch: int, rounds: int, accounts: int = ACCOUNTS) -> list[Line]:
    """Postings a second, to the accounts of nobody in particular, of one customer and of many."""
    from billing.history.actors import system
    from billing.ledger.services import Entry, post, post_many

    actor = system("benchmark")
    create_function(BARE)
    many = customers(accounts)
    same_rows(actor, many[0])

    def service_singly(whose: list[int], client: int) -> int:
        for at, draft in enumerate(drafts(one_by_one)):
            post(draft, actor=actor, now=NOW, customer_id=whose[(client * 97 + at) % len(whose)])
        return one_by_one

    def bare_singly(whose: list[int], client: int) -> int:
        for at, cause in enumerate(causes(one_by_one)):
            bare([cause], whose[(client * 97 + at) % len(whose)])
        return one_by_one

    def service_batched(client: int) -> int:
        for _ in range(batches):
            post_many([Entry(draft) for draft in drafts(batch)], actor=actor, now=NOW)
        return batches * batch

    def bare_batched(client: int) -> int:
        for _ in range(batches):
            bare(causes(batch))
        return batches * batch

    def singly(whose: list[int]) -> tuple[Any, Any]:
        return partial(service_singly, whose), partial(bare_singly, whose)

    lines = []
    for name, ours, other, clients in (
        ("one by one, 1 hot account, 1 client", *singly(many[:1]), 1),
        (f"one by one, 1 hot account, {CLIENTS} clients", *singly(many[:1]), CLIENTS),
        (f"one by one, {accounts:,} accounts, {CLIENTS} clients", *singly(many), CLIENTS),
        (f"{batch} at a time, 1 client", service_batched, bare_batched, 1),
        (f"{batch} at a time, {CLIENTS} clients", service_batched, bare_batched, CLIENTS),
    ):
        found = rates(
            {
                "ours": partial(together, clients, ours),
                "bare": partial(together, clients, other),
            },
            rounds,
        )
        lines.append(Line(name, found["ours"], found["bare"], "a s"))
    return lines


def same_rows(actor: Any, customer: int) -> None:
    """Raises AssertionError unless the statement writes what the service writes."""
    from billing.ledger.models import Posting, PostingLine
    from billing.ledger.services import post

    (draft,) = drafts(1)
    (cause,) = causes(1)
    post(draft, actor=actor, now=NOW, customer_id=customer)
    bare([cause], customer)
    left_out = {"id", "cause", "xid", "posting_id", "actor_ref"}
    kinds = []
    for each in (draft.cause, cause):
        rows: list[Any] = [
            *Posting.objects.filter(cause=each).values(),
            *PostingLine.objects.filter(posting__cause=each).order_by("account").values(),
        ]
        kinds.append([{key: row[key] for key in row if key not in left_out} for row in rows])
    if kinds[0] != kinds[1] or len(kinds[0]) != 3:
        raise AssertionError(f"the two do not write the same: {kinds}")


def main(quick: bool) -> None:
    lines = measure(*(QUICK if quick else (ONE_BY_ONE, BATCHES, BATCH, ROUNDS, ACCOUNTS)))
    show("Postings", "services", "bare SQL", lines)
    sizes = credits.QUICK if quick else (
        credits.CLIENTS, credits.ACCOUNTS, credits.USES, credits.GRANTS, credits.ROUNDS,
    )  # fmt: skip
    show("Credits", "services", "bare SQL", credits.measure(*sizes))


if __name__ == "__main__":
    run("ledger", main, __doc__)
