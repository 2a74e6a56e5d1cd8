"""Refunds promised a second: through the service beside the same durable rows by one bare SQL function.

    python -m dashboard.local.with_database benchmarks/refunds/run.py [--quick]

Each refund is a transaction of its own: the refund in two states, two entries of history, a posting with its
lines, the audit rows of all that, and the job that will send it. The function is told everything beforehand;
the service locks the payment, works out what is left of it and why, asks the rules, and leaves a line in the
log. That both leave the same rows is checked before anything is measured.
"""

from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

from benchmarks.bench import Line, create_function, rates, run, show, together

REFUNDS, PAYMENTS, ROUNDS = 200, 200, 7
QUICK = (8, 4, 1)
CLIENTS = 4
NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BARE = """
CREATE OR REPLACE FUNCTION bench_refund(paid bigint, of_customer bigint, ref text, form text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    refund bigint;
    posting bigint;
    at CONSTANT timestamptz := '2026-11-18 13:32Z';
BEGIN
    PERFORM set_config('pghistory.context_id', gen_random_uuid()::text, true),
        set_config('pghistory.context_metadata', '{"who": "system:benchmark",
            "name": "Countinghouse (benchmark)", "request": "bench", "reason": ""}', true);
    INSERT INTO billing_refund
        (gateway, gateway_id, reference, form_key, payment_id, customer_id, state, origin, reason, currency,
         amount_minor, from_balance_minor, note_internal, note_to_customer, gateway_message, failure_code,
         asked_by_ref, asked_by_name, allowed_by_rule, attempts, created_at, seen_by_ref, seen_by_name,
         destination, outside_reference, plan)
    VALUES ('sandbox', '', ref, form, paid, of_customer, 'draft', 'desk', 'goodwill', 'EUR',
        10, 10, '', '', '', '', 'system:benchmark', 'Countinghouse (benchmark)', '', 0, at, '', '',
        'original_payment', '', '{}')
    RETURNING id INTO refund;
    UPDATE billing_refund SET state = 'approved', allowed_by_rule = 'the desk''s own rule'
    WHERE id = refund;
    INSERT INTO billing_historyentry
        (at, subject_kind, subject_id, customer_id, kind, from_state, to_state, amount_minor, currency,
         actor_kind, actor_ref, actor_name, reason, request_id, facts)
    VALUES (at, 'refund', refund, of_customer, 'state', '', 'draft', 10, 'EUR',
        'system', 'system:benchmark', 'Countinghouse (benchmark)', 'goodwill', 'bench', '{}'),
        (at, 'refund', refund, of_customer, 'state', 'draft', 'approved', 10, 'EUR',
        'system', 'system:benchmark', 'Countinghouse (benchmark)',
        'the desk''s own rule', 'bench', '{}');
    INSERT INTO billing_posting
        (cause, fact, effective_on, posted_at, customer_id, subject_kind, subject_id, actor_ref, request_id)
    VALUES ('refund.approved:' || ref, 'refund.approved', at::date, at, of_customer, 'refund', refund,
        'system:benchmark', 'bench')
    RETURNING id INTO posting;
    INSERT INTO billing_postingline
        (posting_id, account, currency, amount_minor, day, customer_id, reporting_minor, reporting_rate)
    VALUES (posting, 'customer_balance', 'EUR', 10, at::date, of_customer, 10, 1),
        (posting, 'refunds_in_transit', 'EUR', -10, at::date, of_customer, -10, 1);
    PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW('gateways', 'refunds.submit', 0, 'refund:' || refund, NULL,
        jsonb_build_object('refund_id', refund), NULL)::procrastinate_job_to_defer_v1]);
END
$$
"""
#: Every table that a refund leaves rows in.
TABLES = (
    "billing_refund",
    "billing_refundevent",
    "billing_historyentry",
    "billing_posting",
    "billing_postingline",
    "procrastinate_jobs",
    "procrastinate_events",
)
OWN = {"id", "reference", "form_key", "xid", "posting_id", "subject_id", "lock", "args", "cause", "job_id"}
OF_AUDIT = {"at", "pgh_id", "pgh_created_at", "pgh_obj_id", "pgh_context_id", "pgh_xid", "pgh_session"}
_numbers = count(1)


def made_up(number: int) -> tuple[str, str]:
    """A reference and the key of a form, as the desk's forms bring them."""
    digits = "".join(ALPHABET[number // 32**place % 32] for place in reversed(range(8)))
    return f"REF-20261118-{digits}", f"form-{number}"


def measure(refunds: int, payments: int, rounds: int) -> list[Line]:
    """Refunds a second."""
    from billing.history.actors import system
    from billing.history.context import acting
    from billing.ids import form_key
    from billing.money import Money
    from billing.refunds.services import issue_refund
    from tests import make

    actor = system("benchmark")
    paid = make.payments(payments, amount_minor=90_000)
    create_function(BARE)

    def service(client: int, each: int = refunds) -> int:
        with acting(actor, request_id="bench"):
            for number in range(each):
                issue_refund(
                    payment_id=paid[(number * CLIENTS + client) % payments].pk,
                    amount=Money(10, "EUR"),
                    reason="goodwill",
                    note_internal="",
                    note_to_customer="",
                    actor=actor,
                    form_key=form_key(),
                    now=NOW,
                )
        return each

    def bare(client: int, each: int = refunds) -> int:
        from django.db import connection

        with connection.cursor() as cursor:
            for number in range(each):
                payment = paid[(number * CLIENTS + client) % payments]
                cursor.execute(
                    "SELECT bench_refund(%s, %s, %s, %s)",
                    [payment.pk, payment.customer_id, *made_up(next(_numbers))],
                )
        return each

    same_rows(lambda: service(0, 1), lambda: bare(0, 1))
    lines = []
    for clients in (1, CLIENTS):
        found = rates(
            {
                "ours": partial(together, clients, service),
                "bare": partial(together, clients, bare),
            },
            rounds,
        )
        name = f"{clients} client{'s' if clients > 1 else ''}"
        lines.append(Line(name, found["ours"], found["bare"], "a s"))
    return lines


def same_rows(ours: Any, other: Any) -> None:
    """Raises AssertionError unless both leave the same rows, but for what names each."""
    service, bare = new_rows(ours), new_rows(other)
    if service != bare:
        different = [table for table in TABLES if service[table] != bare[table]]
        raise AssertionError("\n".join(f"{table}: {service[table]} / {bare[table]}" for table in different))


def new_rows(deed: Any) -> dict[str, list[dict[str, Any]]]:
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        first = {}
        for table in TABLES:
            key = "pgh_id" if table.endswith("event") else "id"
            cursor.execute(f"SELECT coalesce(max({key}), 0) FROM {table}")  # noqa: S608
            first[table] = (key, cursor.fetchone()[0])
        deed()
        for table, (key, last) in first.items():
            cursor.execute(f"SELECT * FROM {table} WHERE {key} > %s ORDER BY {key}", [last])  # noqa: S608
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            left_out = OWN | (OF_AUDIT if key == "pgh_id" or table.startswith("procrastinate") else set())
            found[table] = [{name: row[name] for name in row if name not in left_out} for row in rows]
    return found


def main(quick: bool) -> None:
    lines = measure(*(QUICK if quick else (REFUNDS, PAYMENTS, ROUNDS)))
    show("Refunds promised, a transaction each", "service", "bare SQL", lines)


if __name__ == "__main__":
    run("refunds", main, __doc__)
