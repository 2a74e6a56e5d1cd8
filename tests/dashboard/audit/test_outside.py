"""What is changed by SQL names the database's user, and stands apart from what the desk did."""

import pytest
from django.db import connection
from django.test import Client

from billing.audit.queries import Change, outside
from billing.audit.services import seal
from billing.history import context
from billing.history.actors import person
from billing.models import Customer
from dashboard.environment import program_name
from tests import make
from tests.billing.audit.trail import NOW, horizon_of_this_database, other_connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def auditor(client: Client) -> Client:
    client.force_login(make.member("auditor"))
    return client


def updates_of(customer: Customer) -> list[Change]:
    """Not its birth: a test makes its customer from a shell, which is outside the desk too."""
    return [each for each in outside() if each.row_id == customer.pk and each.operation == "update"]


def test_a_change_by_sql_says_user_program_and_process(auditor: Client) -> None:
    customer = make.customer()
    with other_connection() as by_hand:
        by_hand.execute("UPDATE billing_customer SET tags = '{vip}' WHERE id = %s", [customer.pk])
        pid = by_hand.info.backend_pid
    (change,) = updates_of(customer)
    user, process, program = change.session_parts
    assert (user, process, program) == (connection.settings_dict["USER"], str(pid), "psql")
    assert change.who == f"{user}, outside the desk"
    assert change.fields == [("tags", [], ["vip"])]
    page = auditor.get("/audit/outside/").content.decode()
    assert customer.reference in page
    assert "psql" in page
    page = auditor.get(f"/audit/outside/customerevent/{change.id}/").content.decode()
    assert "vip" in page
    assert auditor.get("/audit/outside/nothing/1/").status_code == 404


def test_what_the_desk_does_is_not_outside() -> None:
    customer = make.customer()
    with context.acting(person(11, "Jude Okafor"), request_id="req_0a0a0a0a"):
        Customer.objects.filter(pk=customer.pk).update(tags=["vip"])
    assert updates_of(customer) == []


def test_a_claimed_name_does_not_hide_the_session() -> None:
    customer = make.customer()
    with other_connection() as by_hand:
        by_hand.execute("SELECT set_config('pghistory.context_metadata', '{\"who\": \"staff:1\"}', true)")
        by_hand.execute("UPDATE billing_customer SET tags = '{vip}' WHERE id = %s", [customer.pk])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pgh_session FROM billing_customerevent ORDER BY pgh_id DESC LIMIT 1")
        assert cursor.fetchone()[0].endswith("/psql")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["manage.py", "shell"], "shell"),
        (["manage.py", "dbshell"], "shell"),
        (["-c"], "shell"),
        (["manage.py", "procrastinate", "worker"], "countinghouse procrastinate"),
        (["/srv/.venv/bin/granian"], "countinghouse web"),
    ],
)
def test_each_program_has_its_name(arguments: list[str], name: str) -> None:
    assert program_name(arguments) == name


def test_the_seals_page_tells_the_head(auditor: Client, monkeypatch) -> None:
    monkeypatch.setattr("billing.audit.services.horizon", horizon_of_this_database)
    assert "Nothing is sealed yet" in auditor.get("/audit/seals/").content.decode()
    make.customer()
    made = seal(now=NOW)
    assert made is not None
    page = auditor.get("/audit/seals/").content.decode()
    assert made.head in page
    assert "not yet" in page
