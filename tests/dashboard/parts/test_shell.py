"""The shell around a page, and what it asks for."""

import re

import pytest
from django.test import RequestFactory
from django.urls import reverse

from dashboard.parts import navigation
from dashboard.parts.context import desk
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def finance(client):
    member = member_in("finance")
    client.force_login(member)
    return member


def kit(client, name="kit", **headers):
    return client.get(reverse(f"parts:{name}"), headers=headers)


def test_a_page_says_where_one_is_and_whose_desk_it_is(client, finance):
    html = kit(client).content.decode()
    assert "<title>Kit · Countinghouse</title>" in html
    assert "Halden" in html and "Ines Marchetti" in html and "Finance · " in html
    assert '<a class="skip" href="#main">' in html and 'id="main" tabindex="-1"' in html


def test_every_script_carries_the_nonce_of_its_answer(client, finance):
    answer = kit(client)
    html = answer.content.decode()
    nonces = set(re.findall(r'<script src="[^"]+" nonce="([^"]+)"', html))
    assert len(nonces) == 1 and html.count("<script src") == html.count("nonce=")
    assert f"'nonce-{nonces.pop()}'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("theme", ["", "light", "dark"])
def test_the_theme_is_written_by_the_server(client, finance, theme):
    finance.theme = theme
    finance.save()
    html = kit(client).content.decode()
    assert (f'data-bs-theme="{theme}"' in html) if theme else ("data-bs-theme" not in html)


def test_the_theme_button_keeps_the_choice_and_comes_back(client, finance):
    answer = client.post(reverse("parts:theme"), {"theme": "dark", "next": "/desk/kit/"})
    finance.refresh_from_db()
    assert (answer.status_code, answer.headers["Location"], finance.theme) == (302, "/desk/kit/", "dark")
    quiet = client.post(reverse("parts:theme"), {"theme": ""}, headers={"X-Requested-With": "fetch"})
    finance.refresh_from_db()
    assert quiet.status_code == 204 and finance.theme == ""


def test_a_theme_that_there_is_not_is_refused_and_a_strange_way_back_is_not_taken(client, finance):
    assert client.post(reverse("parts:theme"), {"theme": "solarized"}).status_code == 422
    answer = client.post(reverse("parts:theme"), {"theme": "light", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_the_same_address_answers_a_page_or_a_part(client, finance):
    page = kit(client, "kit_dialog").content.decode()
    part = kit(client, "kit_dialog", **HTMX).content.decode()
    assert "<html" in page and "dialog-page" in page
    assert "<html" not in part and part.lstrip().startswith("<form") and "dialog-page" not in part
    for html in (page, part):
        assert 'id="dialog-title"' in html and "What will happen" in html and "csrfmiddlewaretoken" in html


def test_an_invalid_form_comes_back_with_422_and_what_was_typed(client, finance):
    typed = {"amount": "98.00", "reason": "goodwill", "note": "Exports failed"}
    answer = client.post(reverse("parts:kit_dialog"), typed, headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="98.00"' in html and "Exports failed" in html and "13.70 too much" in html


def test_the_answer_to_htmx_after_success_leaves_nothing_for_the_dialog(client, finance):
    typed = {"amount": "84.30", "reason": "goodwill", "note": "Exports failed"}
    html = client.post(reverse("parts:kit_dialog"), typed, headers=HTMX).content.decode()
    assert html.strip().startswith('<div id="toasts" hx-swap-oob="beforeend">') and "data-toast" in html


def test_counts_come_in_one_request_and_only_what_waits(client, finance, monkeypatch):
    monkeypatch.setattr(navigation, "counts_for", lambda user: {"refunds": 1284})
    monkeypatch.setattr("dashboard.parts.views.counts_for", lambda user: {"refunds": 1284})
    html = client.get(reverse("parts:counts"), headers=HTMX).content.decode()
    assert html == '<span class="count" id="count-refunds" hx-swap-oob="true">1,284</span>'


def test_a_fresh_token_is_for_members_only_and_is_not_kept_by_any_cache(client, finance):
    answer = client.get(reverse("parts:token"))
    assert len(answer.content) == 64 and "no-store" in answer.headers["Cache-Control"]
    client.logout()
    assert client.get(reverse("parts:token")).status_code == 302


def test_the_shell_costs_three_queries_the_roles_and_the_two_of_permissions(
    client, finance, django_assert_num_queries
):
    request = RequestFactory().get("/desk/kit/")
    request.user = type(finance).objects.get(pk=finance.pk)
    with django_assert_num_queries(3):
        known = desk(request)
        assert known["viewer"].role == "Finance" and known["navigation"]


@pytest.mark.parametrize("name", ["400", "403", "404", "500", "csrf"])
def test_an_error_page_needs_no_context_and_no_database(name):
    from django.template.loader import render_to_string

    html = render_to_string(f"errors/{name}.html", {"request_id": "req_7f3a91c2"})
    assert "<h1" in html and "req_7f3a91c2" in html and "Countinghouse</title>" in html
    assert "Error code" not in render_to_string(f"errors/{name}.html")
