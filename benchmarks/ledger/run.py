"""Postings a second to one hot account: through the ledger's services beside one bare SQL statement.

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

ONE_BY_ONE, BATCHES, BATCH, ROUNDS = 300, 10, 500, 7
QUICK = (10, 2, 10, 1)
CLIENTS = 4
NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)
BARE = """
CREATE OR REPLACE FUNCTION bench_post(causes text[]) RETURNS void LANGUAGE sql AS $$
    WITH posted AS (
        INSERT INTO billing_posting
            (cause, fact, effective_on, posted_at, subject_kind, actor_ref, request_id)
        SELECT cause, 'payment.succeeded', DATE '2026-11-18', timestamptz '2026-11-18 13:32Z', '',
            'benchmark', ''
        FROM unnest(causes) cause
        RETURNING id
    )
    INSERT INTO billing_postingline
        (posting_id, account, currency, amount_minor, day, reporting_minor, reporting_rate)
    SELECT id, account, 'EUR', amount, DATE '2026-11-18', amount, 1
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


def bare(many: list[str]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT bench_post(%s)", [many])


def measure(one_by_one: int, batches: int, batch: int, rounds: int) -> list[Line]:
    """Postings a second."""
    from billing.history.actors import system
    from billing.ledger.services import Entry, post, post_many

    actor = system("benchmark")
    create_function(BARE)
    same_rows(actor)

    def service_singly(client: int) -> int:
        for draft in drafts(one_by_one):
            post(draft, actor=actor, now=NOW)
        return one_by_one

    def bare_singly(client: int) -> int:
        for cause in causes(one_by_one):
            bare([cause])
        return one_by_one

    def service_batched(client: int) -> int:
        for _ in range(batches):
            post_many([Entry(draft) for draft in drafts(batch)], actor=actor, now=NOW)
        return batches * batch

    def bare_batched(client: int) -> int:
        for _ in range(batches):
            bare(causes(batch))
        return batches * batch

    lines = []
    for name, ours, other, clients in (
        ("one by one, 1 client", service_singly, bare_singly, 1),
        (f"one by one, {CLIENTS} clients", service_singly, bare_singly, CLIENTS),
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


def same_rows(actor: Any) -> None:
    """Raises AssertionError unless the statement writes what the service writes."""
    from billing.ledger.models import Posting, PostingLine
    from billing.ledger.services import post

    (draft,) = drafts(1)
    (cause,) = causes(1)
    post(draft, actor=actor, now=NOW)
    bare([cause])
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
    lines = measure(*(QUICK if quick else (ONE_BY_ONE, BATCHES, BATCH, ROUNDS)))
    show("Postings to one hot account", "services", "bare SQL", lines)
    sizes = credits.QUICK if quick else (
        credits.CLIENTS, credits.ACCOUNTS, credits.USES, credits.GRANTS, credits.ROUNDS,
    )  # fmt: skip
    show("Credits", "services", "bare SQL", credits.measure(*sizes))


if __name__ == "__main__":
    run("ledger", main, __doc__)
