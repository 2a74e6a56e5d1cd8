"""Health for machines and members, and the start-up checks."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from dashboard.database import as_owner, require_postgresql
from dashboard.health import startup
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db


def test_the_public_answer_has_names_and_states_only(client: Client) -> None:
    response = client.get("/health/")
    answer = response.json()
    assert response.status_code == 200
    assert answer["checks"] == {
        "database": "ok", "migrations": "ok", "rights": "ok", "worker": "degraded", "queue": "ok",
    }  # fmt: skip
    assert answer["status"] == "degraded"
    assert set(answer) == {"status", "checks"}


def test_alive_asks_nothing_of_the_database(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/health/live/").json() == {"status": "ok"}


def test_a_working_worker_is_seen(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert client.get("/health/").json()["checks"]["worker"] == "ok"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '10 minutes'")
    assert client.get("/health/").json()["checks"]["worker"] == "degraded"


def test_rights_too_many_take_the_desk_down(client: Client) -> None:
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("GRANT UPDATE ON billing_historyentry TO countinghouse")
    response = client.get("/health/")
    assert response.status_code == 503
    assert response.json()["checks"]["rights"] == "down"
    with pytest.raises(ImproperlyConfigured, match=r"may UPDATE billing_historyentry.*`manage.py migrate`"):
        startup.refuse_unless_fit()
    with pytest.raises(CommandError, match="may UPDATE billing_historyentry"):
        call_command("procrastinate", "worker")


def test_the_owner_may_not_serve() -> None:
    assert startup.refusals() == []
    with as_owner():
        assert "must not be changeable by the desk" in startup.refusals()[0]


def test_an_old_server_is_told_in_a_sentence(monkeypatch) -> None:
    monkeypatch.setattr("dashboard.database.OLDEST_POSTGRESQL", 99)
    with pytest.raises(ImproperlyConfigured, match="version 99 or newer is needed"):
        require_postgresql(connection)


def test_the_details_are_for_members_who_may(client: Client) -> None:
    client.force_login(member_in("finance"))
    page = client.get("/health/details/").content.decode()
    assert "System health" in page and "No worker runs" in page
