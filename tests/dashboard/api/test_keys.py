"""Keys are made with a reason and shown once, and end for good."""

import pytest
from django.urls import reverse

from billing.models import HistoryEntry
from dashboard.api.models import ApiKey, Scope
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
TOLD = {"name": "The product", "scopes": [Scope.USAGE], "per_minute": 600, "reason": "For its backend"}


def test_a_key_is_shown_once_and_only_its_digest_is_kept(client):
    client.force_login(member_in("admin"))
    made = client.post(reverse("api:new"), TOLD)
    key = ApiKey.objects.get()
    page = made.content.decode()
    secret = page.partition(f"chk_{key.prefix}_")[2].partition(" ")[0]
    assert len(secret) >= 43
    assert "no-store" in made.headers["Cache-Control"]
    listed = client.get(reverse("api:index")).content.decode()
    assert f"chk_{key.prefix}" in listed
    assert secret not in listed
    assert HistoryEntry.objects.get(subject_kind="apikey").reason == "For its backend"


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scopes": []}, {"per_minute": 0}, {"reason": ""}])
def test_what_is_missing_is_said(client, wrong):
    client.force_login(member_in("admin"))
    assert client.post(reverse("api:new"), {**TOLD, **wrong}).status_code == 422
    assert not ApiKey.objects.exists()


def test_a_key_ends_once_with_a_reason(client):
    client.force_login(member_in("admin"))
    client.post(reverse("api:new"), TOLD)
    address = reverse("api:revoke", args=[ApiKey.objects.get().pk])
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "The product was replaced"}).status_code == 302
    again = client.post(address, {"reason": "Again"})
    assert again.status_code == 422
    assert "revoked this key already" in again.content.decode()
    client.force_login(member_in("finance"))
    assert client.get(reverse("api:index")).status_code == 403
