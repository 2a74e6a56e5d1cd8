"""Saved views: one's own or a role's, made, renamed, deleted by whoever saved them."""

import pytest
from django.test import Client

from dashboard.lists.models import SavedView
from tests import make

pytestmark = pytest.mark.django_db

NEW = "/lists/payments/views/new/?state=failed&sort=amount&cols=reference,amount"


def save(client: Client, name: str = "Card schemes Q4", shared: str = "") -> SavedView:
    response = client.post(NEW, {"name": name, "shared_with": shared})
    assert response.status_code == 302, response.content.decode()
    return SavedView.objects.get(name=name)


def tabs(client: Client) -> list[str]:
    return [each.tab.label for each in client.get("/payments/").context["tabs"]]


def test_a_view_keeps_filters_order_and_columns(desk: Client) -> None:
    saved = save(desk)
    assert saved.params == {"state": ["failed"], "sort": ["amount"], "cols": ["reference,amount"]}
    make.payment(state="failed")
    url = next(each.url for each in desk.get("/payments/").context["tabs"] if each.saved)
    page = desk.get(url)
    assert page.context["current"].saved == saved
    assert [head.name for head in page.context["heads"]] == ["reference", "amount"]
    assert page.context["state"].sort.name == "amount"


def test_a_private_view_is_seen_by_its_owner_only(desk: Client) -> None:
    save(desk)
    other = Client()
    other.force_login(make.member("finance"))
    assert "Card schemes Q4" in tabs(desk) and "Card schemes Q4" not in tabs(other)


def test_a_shared_view_is_seen_by_the_role(desk: Client) -> None:
    save(desk, shared="support")
    support, auditor = Client(), Client()
    support.force_login(make.member("support"))
    auditor.force_login(make.member("auditor"))
    assert "Card schemes Q4" in tabs(support) and "Card schemes Q4" not in tabs(auditor)


def test_an_auditor_shares_nothing() -> None:
    client = Client()
    client.force_login(make.member("auditor"))
    response = client.post(NEW, {"name": "Mine", "shared_with": "support"})
    assert response.status_code == 422
    assert not SavedView.objects.exists()


def test_a_name_is_used_once(desk: Client) -> None:
    save(desk)
    response = desk.post(NEW, {"name": "card schemes  q4", "shared_with": ""})
    assert response.status_code == 422
    assert "choose another name" in response.content.decode()


def test_only_its_owner_renames_and_deletes_it(desk: Client) -> None:
    saved = save(desk, shared="support")
    other = Client()
    other.force_login(make.member("support"))
    assert other.post(f"/lists/views/{saved.pk}/", {"name": "Taken", "shared_with": ""}).status_code == 404
    assert other.post(f"/lists/views/{saved.pk}/delete/").status_code == 404
    assert desk.post(f"/lists/views/{saved.pk}/", {"name": "Renamed", "shared_with": ""}).status_code == 302
    saved.refresh_from_db()
    assert (saved.name, saved.shared_with) == ("Renamed", "")
    assert desk.post(f"/lists/views/{saved.pk}/delete/").status_code == 302
    assert not SavedView.objects.exists()


def test_a_list_that_may_not_be_seen_keeps_no_views() -> None:
    client = Client()
    client.force_login(make.member(""))
    assert client.get(NEW).status_code == 403
    assert client.get("/lists/no-such-list/views/new/").status_code == 404
