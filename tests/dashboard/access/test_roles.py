"""The table of roles, the groups made from it, and how a refusal reads."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.test import Client

from dashboard.access import PERMISSIONS, ROLES, may, who_may
from dashboard.access.groups import sync_groups
from tests.dashboard.people import member_in

CHANGES = {"note", "issue", "see_external", "run", "manage", "assign", "share"}


def test_the_auditor_reads_everything_and_changes_nothing() -> None:
    held = {name for name, (_, roles) in PERMISSIONS.items() if "auditor" in roles}
    assert {name for name in PERMISSIONS if name.endswith(".view")} <= held
    assert {name for name in held if name.split(".")[1] in CHANGES} == {"exports.run"}


def test_the_admin_holds_everything() -> None:
    assert all("admin" in roles for _, roles in PERMISSIONS.values())


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role.name for role in ROLES])
def test_groups_hold_what_the_table_says(role: str) -> None:
    member = member_in(role)
    for name, (_, holders) in PERMISSIONS.items():
        assert may(member, name) is (role in holders), name
    shown = {
        f"{p.content_type.app_label}.{p.codename}" for p in Group.objects.get(name=role).permissions.all()
    }
    assert shown == {name for name, (_, holders) in PERMISSIONS.items() if role in holders}


@pytest.mark.django_db
def test_syncing_mends_what_somebody_changed_by_hand() -> None:
    group = Group.objects.get(name="auditor")
    group.permissions.add(Permission.objects.get(content_type__app_label="refunds", codename="issue"))
    sync_groups()
    assert not may(member_in("auditor"), "refunds.issue")


def test_nobody_signed_in_may_nothing() -> None:
    assert not may(AnonymousUser(), "customers.view")


def test_an_unknown_permission_is_a_bug() -> None:
    with pytest.raises(ValueError, match=r"refunds\.isue"):
        who_may("refunds.isue")
    with pytest.raises(KeyError):
        may(AnonymousUser(), "refunds.isue")


@pytest.mark.django_db
def test_a_refusal_says_which_role_may(client: Client) -> None:
    client.force_login(member_in("support"))
    response = client.get("/staff/")
    page = response.content.decode()
    assert response.status_code == 403
    assert "Your role may not see who works here." in page
    assert "Admin" in page and "Auditor" in page


@pytest.mark.django_db
def test_a_signed_out_htmx_request_is_told_and_not_redirected(client: Client) -> None:
    response = client.post("/staff/new/", {"email": "x"}, headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert "You are signed out" in response.content.decode()
    plain = client.post("/staff/new/", {"email": "x"})
    assert plain.status_code == 302


@pytest.mark.django_db
def test_a_stale_form_is_told_so() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/account/login/", {"login": "x"})
    assert response.status_code == 403
    assert "older than your sign-in" in response.content.decode()
