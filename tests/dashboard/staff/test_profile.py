"""One's own account: name, zone, theme, sessions."""

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.staff.browsers import browser_name
from dashboard.staff.models import Member
from tests.dashboard.people import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_member_chooses_zone_locale_and_theme(client: Client, jude: Member) -> None:
    client.force_login(jude)
    chosen = {"display_name": "Jude O.", "time_zone": "Asia/Kolkata", "locale": "de_DE", "theme": "dark"}
    assert client.post("/account/", chosen).status_code == 302
    page = client.get("/account/").content.decode()
    assert 'data-bs-theme="dark"' in page
    jude.refresh_from_db()
    assert (jude.display_name, jude.time_zone, jude.locale, jude.theme) == (
        "Jude O.", "Asia/Kolkata", "de_DE", "dark",
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [{"time_zone": "Mars/Olympus"}, {"theme": "neon"}, {"locale": "xx_YY"}, {"display_name": ""}]
)
def test_what_does_not_exist_is_refused(client: Client, jude: Member, wrong: dict[str, str]) -> None:
    client.force_login(jude)
    typed = {"display_name": "Jude", "time_zone": "", "locale": "", "theme": "", **wrong}
    assert client.post("/account/", typed).status_code == 422


def test_times_are_shown_in_the_members_zone(client: Client, jude: Member, settings) -> None:
    jude.time_zone = "Asia/Kolkata"
    jude.save()
    client.force_login(jude)
    assert "IST" in client.get("/account/").content.decode()


def test_a_member_ends_their_own_sessions_only(client: Client, jude: Member, tove: Member) -> None:
    from allauth.usersessions.models import UserSession

    elsewhere, stranger = Client(), Client()
    for browser, who in ((client, jude), (elsewhere, jude), (stranger, tove)):
        browser.post("/account/login/", {"login": who.email, "password": PASSWORD})
        assert browser.get("/account/").status_code == 200
    assert "Where you are signed in" in client.get("/account/sessions/").content.decode()
    hers = UserSession.objects.get(user=tove)
    his = UserSession.objects.filter(user=jude).exclude(session_key=client.session.session_key).get()
    for session in (hers, his):
        client.post(reverse("account:end_session", args=[session.pk]))
    assert stranger.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200


def test_an_address_is_changed_by_an_admin(client: Client, jude: Member) -> None:
    client.force_login(jude)
    assert "is changed by an admin" in client.get("/account/email/", follow=True).content.decode()
    client.post("/account/email/", {"email": "other@halden.example", "action_add": ""})
    assert not jude.emailaddress_set.filter(email="other@halden.example").exists()


@pytest.mark.parametrize(
    ("says", "is_called"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_7) Chrome/142.0 Edg/142.0", "Edge on macOS"),
        ("curl/8.7", "An unknown browser"),
    ],
)  # fmt: skip
def test_browsers_are_called_by_their_names(says: str, is_called: str) -> None:
    assert browser_name(says) == is_called
