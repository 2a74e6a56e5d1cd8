"""What the overview costs on a big book: totals and a tail, never the payments themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.demo.bulk import add_payments
from billing.models import DailyTotal, Payment
from billing.rollups.services import roll_up_all
from dashboard.database import as_owner
from tests import make
from tests.bulk import analyse
from tests.plans import BUFFERS, cost_of

pytestmark = pytest.mark.django_db

MANY = 60_000
TABLES = ("billing_historyentry", "billing_posting", "billing_postingline")

#: written long ago, as far as the daily totals know: what a transaction of this test writes is never rolled
STORY = """
INSERT INTO billing_historyentry (
    at, subject_kind, subject_id, customer_id, kind, from_state, to_state, amount_minor, currency, actor_kind,
    actor_ref, actor_name, reason, request_id, facts, xid
)
SELECT created_at, 'payment', id, customer_id, 'state', '', state, amount_minor, currency, 'system',
       'system:demo', 'Countinghouse (demo)', '', '', '{}', '3'
FROM billing_payment
"""
POSTINGS = """
WITH posted AS (
    INSERT INTO billing_posting (
        cause, fact, effective_on, posted_at, customer_id, subject_kind, subject_id, actor_ref, request_id,
        xid)
    SELECT 'payment.succeeded:' || reference, 'payment.succeeded', created_at::date, created_at, customer_id,
           'payment', id, 'system:demo', '', '3'
    FROM billing_payment WHERE state = 'succeeded' RETURNING id, subject_id
)
INSERT INTO billing_postingline (posting_id, account, currency, amount_minor, day, customer_id, xid)
SELECT posted.id, side.account, p.currency, side.sign * p.amount_minor, p.created_at::date, p.customer_id, '3'
FROM posted JOIN billing_payment p ON p.id = posted.subject_id
CROSS JOIN (VALUES ('gateway_clearing', 1), ('receivable', -1)) side(account, sign)
"""
EVENTS = """
INSERT INTO billing_webhookevent (
    source, event_id, type, object_kind, object_id, state, happened_at, received_at, processed_at, attempts,
    duplicates, error)
SELECT 'stripe', 'evt_' || n, 'charge.succeeded', '', '', 'processed', at, at, at + interval '1 second', 1,
    0, ''
FROM (SELECT n, %s::timestamptz - n * interval '9 minutes' AS at FROM generate_series(1, 60000) n) made
"""


def spread(now: datetime) -> None:
    """A big book of two years, summed up."""
    for _ in range(20):
        make.customer()
    add_payments(MANY, now=now)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # Minutes apart as they are made, they would all be of six weeks.
        cursor.execute(
            "UPDATE billing_payment SET created_at = %s::timestamptz - (%s::timestamptz - created_at) * 17",
            [now, now],
        )
        # What another test's statistics say of an empty table makes each posting read all payments.
        cursor.execute("ANALYZE billing_payment")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(STORY)
        cursor.execute(POSTINGS)
        cursor.execute(EVENTS, [now])
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    # Before it is summed up: by statistics of empty tables that takes minutes.
    for table in (*TABLES, "billing_payment", "billing_webhookevent"):
        analyse(table)
    roll_up_all(now=now)
    analyse("billing_dailytotal")


def asked_of(client, period: str = "month") -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        page = client.get(f"/?currency=EUR&period={period}")
    assert page.status_code == 200 and "unknown for now" not in page.content.decode()
    return [q["sql"] for q in asked if q["sql"].lstrip().upper().startswith(("SELECT", "WITH"))]


def test_no_statement_reads_the_payments_of_a_year(client):
    now = timezone.now()
    client.force_login(make.member("finance"))
    client.get("/")
    few = asked_of(client)
    spread(now)
    assert DailyTotal.objects.filter(measure="cash.payment").count() > 600
    assert Payment.objects.filter(created_at__lt=now - timedelta(days=600)).exists()
    client.get("/")
    many = asked_of(client)
    assert len(many) == len(few), "the number of questions grew"
    dear = {sql[:300]: found.buffers for sql in many
            if (found := cost_of(sql.replace("%", "%%"))).buffers > BUFFERS}  # fmt: skip
    assert not dear


def test_reading_all_payments_would_be_seen(client):
    """The figures as they must not be made: over the payments themselves."""
    spread(datetime(2026, 11, 18, 9, tzinfo=UTC))
    naive = (
        "SELECT state, sum(captured_minor) FROM billing_payment WHERE created_at > '2025-12-01' GROUP BY 1"
    )
    assert cost_of(naive).buffers > BUFFERS / 2
