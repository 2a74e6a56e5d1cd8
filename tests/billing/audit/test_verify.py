"""Whatever the owner of the tables alters in the trail, verifying names it."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from billing.audit import services
from billing.audit.services import seal
from billing.audit.verifying import verify
from billing.models import AccessRead, AuditLeaves, AuditSeal, Customer, HistoryEntry
from tests.billing.audit.trail import JUDE, NOW, one, sealed, tag, tamper

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("alone_on_the_server")]
EVENTS = "billing_customerevent"


def last_event() -> int:
    return one(f"SELECT max(pgh_id) FROM {EVENTS}")


def test_a_trail_that_nobody_touched_holds() -> None:
    sealed()
    found = verify()
    assert found.broken is None
    assert (found.seals, found.head) == (3, AuditSeal.objects.get(number=3).head)
    assert (
        found.rows == sum(AuditSeal.objects.values_list("count", flat=True)) == 4
    )  # one insert, three changes


def test_an_empty_trail_holds() -> None:
    assert verify().broken is None


def test_an_altered_value_is_named() -> None:
    sealed()
    row = last_event()
    tamper(f"UPDATE {EVENTS} SET tags = '{{vip}}' WHERE pgh_id = %s", row)
    broken = verify().broken
    assert (broken.what, broken.table, broken.row_id) == ("altered", EVENTS, row)
    assert str(row) in broken.sentence
    assert "written 20" in broken.sentence


@pytest.mark.parametrize("column", ["pgh_context", "pgh_session", "pgh_created_at", "pgh_label"])
def test_who_and_when_are_sealed_too(column: str) -> None:
    sealed(1)
    row = last_event()
    value = {"pgh_context": '{"who": "staff:99"}', "pgh_created_at": "2026-01-01"}.get(column, "somebody")
    tamper(f"UPDATE {EVENTS} SET {column} = %s WHERE pgh_id = %s", value, row)
    assert (verify().broken.what, verify().broken.row_id) == ("altered", row)


def test_the_first_of_several_is_named() -> None:
    sealed()
    tamper(f"UPDATE {EVENTS} SET tags = '{{vip}}'")
    assert verify().broken.row_id == one(f"SELECT min(pgh_id) FROM {EVENTS}")


def test_a_deleted_row_is_named() -> None:
    sealed()
    row = last_event()
    tamper(f"DELETE FROM {EVENTS} WHERE pgh_id = %s", row)
    assert (verify().broken.what, verify().broken.row_id) == ("missing", row)


def test_a_row_inserted_under_an_old_transaction_is_named() -> None:
    sealed()
    old = one(f"SELECT min(pgh_xid::text::bigint) FROM {EVENTS}")
    columns = one(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = %s::regclass "
        "AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('pgh_id', 'pgh_xid')",
        EVENTS,
    )
    tamper(
        f"INSERT INTO {EVENTS} (pgh_xid, {columns}) SELECT %s::text::xid8, {columns} FROM {EVENTS} "
        "ORDER BY pgh_id LIMIT 1",
        str(old),
    )
    assert (verify().broken.what, verify().broken.row_id) == ("inserted", last_event())


def test_a_row_moved_to_another_transaction_is_named() -> None:
    sealed()
    row = last_event()
    tamper(f"UPDATE {EVENTS} SET pgh_xid = '3' WHERE pgh_id = %s", row)
    assert verify().broken.row_id == row


def test_history_and_reads_are_sealed_as_well() -> None:
    customer = sealed(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_historyentry (at, subject_kind, subject_id, kind, from_state, to_state, "
            "currency, actor_kind, actor_ref, actor_name, reason, request_id, facts) VALUES "
            "(%s, 'customer', %s, 'note', '', '', '', 'person', 'staff:12', 'Jude Okafor', '', '', '{}')",
            [NOW, customer.pk],
        )
    AccessRead.objects.create(
        at=NOW,
        member_ref="staff:12",
        member_name="Jude Okafor",
        kind="page",
        screen="customers",
        customer=customer,
    )
    seal(now=NOW)
    tamper("UPDATE billing_accessread SET member_name = 'Ines Marchetti'")
    assert verify().broken.table == "billing_accessread"
    tamper("UPDATE billing_historyentry SET actor_name = 'Ines Marchetti'")
    assert verify().broken.table == "billing_historyentry"


def test_a_seal_that_was_altered_is_named() -> None:
    sealed()
    tamper("UPDATE billing_auditseal SET sealed_at = %s WHERE number = 2", NOW - timedelta(days=1))
    assert "Seal 2" in verify().broken.sentence


def test_the_last_seal_taken_away_is_named() -> None:
    sealed()
    tamper("DELETE FROM billing_auditseal WHERE number = 3")
    assert verify().broken.sentence == "Seal 3 is missing: its leaves are there."


def test_a_seal_from_the_middle_taken_away_is_named() -> None:
    sealed()
    tamper("DELETE FROM billing_auditseal WHERE number = 2")
    assert "Seal 2 is missing" in verify().broken.sentence


def test_the_last_seal_taken_away_with_its_leaves_is_known_by_the_mailed_head() -> None:
    sealed()
    head = AuditSeal.objects.get(number=3).head
    assert verify(head=head).broken is None
    tamper("DELETE FROM billing_auditseal WHERE number = 3")
    tamper("DELETE FROM billing_auditleaves WHERE seal = 3")
    assert verify().broken is None, "the rows then look like new ones; only what is kept outside tells"
    assert head in verify(head=head).broken.sentence


def test_swapped_seals_are_named() -> None:
    sealed()
    tamper("UPDATE billing_auditseal SET number = 5 - number + 100 WHERE number IN (2, 3)")
    tamper("UPDATE billing_auditseal SET number = number - 100 WHERE number > 100")
    assert verify().broken.what == "seal"


def test_leaves_altered_beside_their_rows_are_named() -> None:
    sealed()
    leaves = AuditLeaves.objects.get(seal=2)
    forged = bytes(leaves.packed)[:-1] + b"\x00"
    tamper("UPDATE billing_auditleaves SET packed = %s WHERE id = %s", forged, leaves.pk)
    assert verify().broken is not None


def test_a_whole_chain_made_anew_is_known_by_the_mailed_head() -> None:
    sealed()
    head = AuditSeal.objects.get(number=3).head
    tamper(f"UPDATE {EVENTS} SET tags = '{{vip}}'")
    tamper("DELETE FROM billing_auditseal")
    tamper("DELETE FROM billing_auditleaves")
    seal(now=NOW)
    assert verify().broken is None
    assert verify(head=head).broken is not None


def test_columns_added_later_leave_old_seals_true_and_lost_ones_ask_for_a_baseline() -> None:
    customer = sealed(1)
    tamper(f"ALTER TABLE {EVENTS} ADD COLUMN nickname text NOT NULL DEFAULT 'none'")
    try:
        tag(customer, "later")
        seal(now=NOW)
        assert verify().broken is None
        assert "nickname" in AuditSeal.objects.get(number=2).shapes[EVENTS]
    finally:
        tamper(f"ALTER TABLE {EVENTS} DROP COLUMN nickname")
    assert "--baseline" in verify().broken.sentence
    call_command("seal_audit", "--baseline", stdout=StringIO())
    assert verify().broken is None
    tag(customer, "after")
    seal(now=NOW)
    assert verify().broken is None


def test_the_command_says_what_is_wrong_and_ends_with_1() -> None:
    sealed()
    said = StringIO()
    call_command("verify_audit", stdout=said)
    assert "holds" in said.getvalue()
    assert HistoryEntry.objects.filter(subject_kind="auditseal", kind="verified").count() == 1
    row = last_event()
    tamper(f"DELETE FROM {EVENTS} WHERE pgh_id = %s", row)
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", stdout=said)
    assert ended.value.code == 1
    assert f"{EVENTS} row {row}" in said.getvalue()
    assert HistoryEntry.objects.filter(kind="verification_failed").count() == 1


def test_the_application_may_not_touch_the_chain() -> None:
    sealed(1)
    for statement in (
        "UPDATE billing_auditseal SET count = 0",
        "DELETE FROM billing_auditleaves",
        f"UPDATE {EVENTS} SET tags = '{{}}'",
        f"DELETE FROM {EVENTS}",
    ):
        with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(statement)


def test_many_rows_come_in_several_parts(monkeypatch) -> None:
    monkeypatch.setattr("billing.audit.leaves.PER_PART", 7)
    monkeypatch.setattr("billing.audit.trail.FETCH", 5)
    sealed(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_customer (reference, country, currency, locale, tags, created_at, gateway,"
            " gateway_id, external_id) SELECT 'CUS-' || n, 'IT', 'EUR', 'it', '{}', %s, '', '', ''"
            " FROM generate_series(1, 40) n",
            [NOW],
        )
    seal(now=NOW)
    assert AuditLeaves.objects.filter(seal=2).count() == 6
    assert verify().broken is None
    Customer.objects.filter(reference="CUS-20").update(tags=["x"])
    assert verify().broken is None, "what is not sealed yet is no fault"


def test_the_head_is_mailed_once_a_day(settings, mailoutbox) -> None:
    sealed(1)
    settings.AUDITOR_EMAILS = []
    assert services.mail_head(day="2026-11-18", actor=JUDE, now=NOW) is False
    assert services.queue_head(now=NOW) is False
    settings.AUDITOR_EMAILS = ["ruth.adeyemi@halden.example"]
    assert services.queue_head(now=NOW) is True
    assert services.mail_head(day="2026-11-18", actor=JUDE, now=NOW) is True
    assert services.mail_head(day="2026-11-18", actor=JUDE, now=NOW) is False
    assert len(mailoutbox) == 1
    assert AuditSeal.objects.get().head in mailoutbox[0].body
    assert mailoutbox[0].to == ["ruth.adeyemi@halden.example"]
