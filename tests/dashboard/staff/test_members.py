"""Who works here: inviting, roles, leaving, each with a reason that is kept."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.errors import Conflict, InvalidInput, NotAllowed
from billing.history.models import HistoryEntry
from dashboard.staff import services
from dashboard.staff.models import Member
from tests.dashboard.people import PASSWORD, member_in

pytestmark = pytest.mark.django_db
WHY = "Joins the support team on Monday"


def invite(tove: Member, **changes):
    facts = {"email": "Amara.Diallo@halden.example", "display_name": "Amara Diallo", "roles": ["support"]}
    return services.invite_member(**{**facts, "by": tove, "reason": WHY, "now": timezone.now(), **changes})


def test_an_invitation_makes_a_member_and_mails_a_link(
    tove: Member, mailoutbox, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        amara = invite(tove)
    assert (amara.email, amara.has_usable_password()) == ("amara.diallo@halden.example", False)
    assert [group.name for group in amara.groups.all()] == ["support"]
    (mail,) = mailoutbox
    assert "Tove Ahlgren has made a place for you" in mail.body
    entry = HistoryEntry.objects.get(subject_kind="member", subject_id=amara.pk)
    assert (entry.kind, entry.actor_ref, entry.reason) == ("invited", f"staff:{tove.pk}", WHY)


@pytest.mark.parametrize(
    "changes",
    [{"email": "TOVE.ahlgren@halden.example"}, {"roles": []}, {"roles": ["owner"]}, {"reason": "  "}],
)
def test_an_invitation_is_refused(tove: Member, changes) -> None:
    with pytest.raises(InvalidInput):
        invite(tove, **changes)
    assert Member.objects.count() == 1


def test_roles_change_with_the_next_request(tove: Member, jude: Member, client: Client) -> None:
    client.force_login(jude)
    assert client.get("/health/details/").status_code == 403
    services.change_roles(
        member=jude, roles=["finance"], by=tove, reason="Moves to finance", now=timezone.now()
    )
    assert client.get("/health/details/").status_code == 200
    entry = HistoryEntry.objects.get(kind="roles_changed")
    assert entry.facts == {"was": ["support"], "now_has": ["finance"]}


def test_nobody_gives_themselves_a_role(tove: Member) -> None:
    with pytest.raises(NotAllowed) as refusal:
        services.change_roles(
            member=tove, roles=["admin", "finance"], by=tove, reason="I need it", now=timezone.now()
        )
    assert refusal.value.code == "own_roles"


def test_nobody_deactivates_themselves(tove: Member) -> None:
    with pytest.raises(NotAllowed):
        services.deactivate_member(member=tove, by=tove, reason="Bye", now=timezone.now())


def test_the_desk_keeps_an_admin(tove: Member) -> None:
    other = member_in("admin", email="ines@halden.example")
    services.deactivate_member(member=tove, by=other, reason="Leaves", now=timezone.now())
    with pytest.raises(Conflict) as refusal:
        services.change_roles(member=other, roles=["support"], by=tove, reason="Swap", now=timezone.now())
    assert refusal.value.code == "last_admin"


def test_deactivating_signs_out_everywhere(tove: Member, jude: Member, client: Client) -> None:
    client.post("/account/login/", {"login": jude.email, "password": PASSWORD})
    assert client.get("/account/").status_code == 200
    services.deactivate_member(member=jude, by=tove, reason="Leaves", now=timezone.now())
    assert client.get("/account/").status_code == 302
    jude.refresh_from_db()
    services.reactivate_member(member=jude, by=tove, reason="Comes back", now=timezone.now())
    with pytest.raises(Conflict):
        services.reactivate_member(member=jude, by=tove, reason="Again", now=timezone.now())


def test_the_screens_keep_a_refused_form_as_it_was_typed(tove: Member, client: Client) -> None:
    client.force_login(tove)
    typed = {"email": tove.email, "display_name": "Tove Again", "roles": ["support"], "reason": WHY}
    response = client.post("/staff/new/", typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert "works here already" in page and "Tove Again" in page and WHY in page


def test_an_admin_invites_and_sees_the_member(tove: Member, client: Client) -> None:
    client.force_login(tove)
    typed = {
        "email": "amara@halden.example", "display_name": "Amara Diallo", "roles": ["support"], "reason": WHY,
    }  # fmt: skip
    shown = client.post("/staff/new/", typed, follow=True).content.decode()
    assert "Amara Diallo is invited" in shown and WHY in shown and "Send the link again" in shown
    assert "Amara Diallo" in client.get("/staff/").content.decode()


def test_htmx_gets_a_redirect_it_understands(tove: Member, jude: Member, client: Client) -> None:
    client.force_login(tove)
    response = client.post(
        f"/staff/{jude.pk}/deactivation/", {"reason": "Leaves"}, headers={"HX-Request": "true"}
    )
    assert response.headers["HX-Redirect"] == f"/staff/{jude.pk}/"


def test_the_list_costs_the_same_for_two_and_for_forty(tove: Member, client: Client) -> None:
    client.force_login(tove)
    client.get("/staff/")
    costs = []
    for number in range(40):
        member_in("support", email=f"member{number}@halden.example", password=None)
        if number in (1, 39):
            with CaptureQueriesContext(connection) as asked:
                client.get("/staff/")
            costs.append(len(asked))
    assert costs[0] == costs[1] <= 15


def test_an_auditor_sees_the_staff_and_changes_nothing(jude: Member, client: Client) -> None:
    client.force_login(member_in("auditor"))
    page = client.get(f"/staff/{jude.pk}/").content.decode()
    assert "Jude Okafor" in page and "Deactivate" not in page
    assert client.post(f"/staff/{jude.pk}/deactivation/", {"reason": "No"}).status_code == 403
