"""Signing in by e-mail and password, with a second step, and what is refused."""

import re

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from dashboard.staff.models import Member
from tests.dashboard.people import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post("/account/login/", {"login": email, "password": password, **more})


def test_the_work_address_and_the_password_let_one_in(client: Client, jude: Member) -> None:
    response = sign_in(client, "Jude.Okafor@halden.example", next="/account/")
    assert (response.status_code, response.headers["Location"]) == (302, "/account/")
    assert client.get("/account/").status_code == 200


def test_a_wrong_password_is_refused_and_keeps_the_address(client: Client, jude: Member) -> None:
    response = sign_in(client, jude.email, "not it")
    page = response.content.decode()
    assert jude.email in page
    assert "not it" not in page
    assert 'role="alert"' in page


def test_five_wrong_tries_and_even_the_right_password_waits(client: Client, jude: Member) -> None:
    for _ in range(5):
        sign_in(client, jude.email, "not it")
    sign_in(client, jude.email)
    assert client.get("/account/").status_code == 302


def test_a_deactivated_member_is_not_let_in(client: Client, jude: Member) -> None:
    jude.is_active = False
    jude.save()
    sign_in(client, jude.email)
    assert client.get("/account/").status_code == 302


def test_there_is_no_sign_up(client: Client) -> None:
    assert "There is no sign-up here" in client.get("/account/signup/").content.decode()
    client.post(
        "/account/signup/", {"email": "x@halden.example", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert not Member.objects.exists()


def test_a_session_that_outlived_its_password_ends(client: Client, jude: Member) -> None:
    sign_in(client, jude.email)
    jude.set_password("another-quiet-ledger")
    jude.save()
    assert client.get("/account/").status_code == 302


def test_the_second_step_asks_for_the_code(client: Client, jude: Member) -> None:
    secret = generate_totp_secret()
    TOTP.activate(jude, secret)
    response = sign_in(client, jude.email)
    assert response.headers["Location"].startswith("/account/2fa/authenticate/")
    assert client.get("/account/").status_code == 302
    wrong = client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert "One more step" in wrong.content.decode()
    counter = next(yield_hotp_counters_from_time())
    client.post("/account/2fa/authenticate/", {"code": format(hotp_value(secret, counter), "06d")})
    assert client.get("/account/").status_code == 200


def test_a_forgotten_password_is_set_anew_by_mail(client: Client, jude: Member, mailoutbox) -> None:
    client.post("/account/password/reset/", {"email": jude.email})
    (mail,) = mailoutbox
    assert mail.to == [jude.email]
    assert "Halden billing desk" in mail.body
    link = re.search(r"http://\S+", mail.body)
    assert link
    path = link.group().split("/", 3)[3]
    page = client.get(f"/{path}", follow=True)
    assert "Set your password" in page.content.decode()
    client.post(
        page.redirect_chain[-1][0], {"password1": "a-newer-ledger-yet", "password2": "a-newer-ledger-yet"}
    )
    sign_in(client, jude.email, "a-newer-ledger-yet")
    assert client.get("/account/").status_code == 200
    assert "no longer works" in client.get(f"/{path}", follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Client, mailoutbox) -> None:
    response = client.post("/account/password/reset/", {"email": "nobody@halden.example"}, follow=True)
    assert "Look at your mail" in response.content.decode()
    assert mailoutbox == []


def test_every_sign_in_page_keeps_to_the_strict_policy(client: Client) -> None:
    response = client.get("/account/login/")
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy and "'nonce-" in policy and "frame-ancestors 'none'" in policy
    page = response.content.decode()
    assert " style=" not in page and "onclick" not in page
