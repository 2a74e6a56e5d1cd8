"""The desk works as the application's role; emptying and migrating are the owner's."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from billing.history.actors import system
from billing.history.models import HistoryEntry
from billing.history.services import record
from dashboard.database import as_owner
from tests.dashboard.people import member_in


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_the_owner_is_for_the_moment_only(application_role: str) -> None:
    assert role() == application_role
    with as_owner():
        assert role() != application_role
    assert role() == application_role


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_historyentry SET reason = 'never'",
        "DELETE FROM billing_historyentry",
        "TRUNCATE billing_historyentry",
        "TRUNCATE dashboard_member CASCADE",
        "INSERT INTO billing_allowedtransition (machine, from_state, to_state) VALUES ('a', 'b', 'c')",
        "DROP TABLE dashboard_member",
        "ALTER TABLE billing_historyentry DISABLE TRIGGER ALL",
    ],
)  # fmt: skip
def test_the_application_is_refused_in_plain_sql(statement: str) -> None:
    from django.utils import timezone

    record(member_in("support"), "invited", actor=system("test"), now=timezone.now(), reason="Joins")
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert HistoryEntry.objects.get().reason == "Joins"


@pytest.mark.django_db(transaction=True)
def test_flush_empties_as_the_owner_and_leaves_groups_and_rights(application_role: str) -> None:
    member_in("support")
    call_command("flush", interactive=False, verbosity=0)
    assert role() == application_role
    assert set(Group.objects.values_list("name", flat=True)) == {"support", "finance", "admin", "auditor"}
    assert Group.objects.get(name="auditor").permissions.exists()
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM billing_historyentry")


@pytest.mark.django_db(transaction=True)
def test_connections_open_with_the_switch_that_the_triggers_read(application_role: str) -> None:
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pgtrigger.ignore', true)")
        assert cursor.fetchone()[0] == "{}"
    assert role() == application_role
