"""The four demo members, one per role, and never in production."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from dashboard.access import ROLES
from dashboard.staff.demo import DEMO_MEMBERS, DEMO_PASSWORD
from dashboard.staff.models import Member

pytestmark = pytest.mark.django_db


def test_one_per_role_and_each_can_sign_in() -> None:
    said = StringIO()
    call_command("demo_members", stdout=said)
    assert {each.role for each in DEMO_MEMBERS} == {role.name for role in ROLES}
    for each in DEMO_MEMBERS:
        client = Client()
        client.post("/account/login/", {"login": each.email, "password": DEMO_PASSWORD})
        assert client.get("/account/").status_code == 200
        assert each.email in said.getvalue()


def test_a_second_time_changes_nothing() -> None:
    call_command("demo_members", stdout=StringIO())
    Member.objects.filter(email="jude.okafor@halden.example").update(theme="dark")
    call_command("demo_members", stdout=StringIO())
    assert Member.objects.count() == 4
    assert Member.objects.get(email="jude.okafor@halden.example").theme == "dark"


def test_production_refuses(settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not in production"):
        call_command("demo_members")
    assert not Member.objects.exists()
