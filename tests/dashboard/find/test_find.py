"""Finding anything, as a page and as the palette's hits."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from billing.models import Customer, Identity
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def jude(client: Client) -> Client:
    client.force_login(member_in("support"))
    return client


@pytest.fixture
def customer() -> Customer:
    made = Customer.objects.create(reference="CUS-7K2M9QPA", created_at=NOW)
    Identity.objects.create(customer=made, name="<b>Brückner</b> & Söhne", email="post@brueckner.example")
    return made


def test_an_empty_palette_offers_the_screens_that_this_person_may_see(jude: Client) -> None:
    answer = jude.get("/find/", headers=HTMX).content.decode()
    assert "Go to" in answer
    assert "Staff" not in answer
    assert "<html" not in answer


def test_a_name_is_found_and_shown_as_text(jude: Client, customer: Customer) -> None:
    answer = jude.get("/find/", {"q": "brück"}, headers=HTMX).content.decode()
    assert "&lt;b&gt;Brückner&lt;/b&gt; &amp; Söhne" in answer


@pytest.mark.parametrize(
    ("name", "typed"),
    [("Bodegas Briñas S.A.", "Bodegas Briñas S.A."), ("Cruz-Díaz", "cruz díaz"), ("O'Neill", "o'nei")],
)
def test_a_name_is_found_as_it_is_written(jude: Client, name: str, typed: str) -> None:
    from tests import make

    made = make.customer(name)
    assert made.reference in jude.get("/find/", {"q": typed}, headers=HTMX).content.decode()


def test_nothing_found_says_what_can_be_typed(jude: Client) -> None:
    answer = jude.get("/find/", {"q": "Quintanilla"}).content.decode()
    assert "Nothing is called “Quintanilla”" in answer


def test_a_card_number_is_not_shown_again(jude: Client) -> None:
    answer = jude.get("/find/", {"q": "4242 4242 4242 4242"}).content.decode()
    assert "4242 4242" not in answer
    assert "only its last four digits" in answer


@pytest.mark.parametrize("text", ["\x00", "a" * 5000, "' OR 1=1 --", "%_%", "🧾"])
def test_odd_text_is_answered(jude: Client, text: str) -> None:
    assert jude.get("/find/", {"q": text}).status_code == 200


def test_nobody_finds_anything_without_signing_in(client: Client) -> None:
    assert client.get("/find/").status_code == 302
