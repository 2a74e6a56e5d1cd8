"""Writing notes and tags: once, with the text kept when something is wrong."""

import pytest
from django.test import Client

from billing.ids import form_key
from billing.models import Customer, CustomerNote, HistoryEntry
from tests import make

pytestmark = pytest.mark.django_db
CARD = {"HX-Request": "true", "HX-Target": "notes"}


def address(customer: Customer, what: str = "note") -> str:
    return f"/customers/{customer.reference}/{what}/"


def test_a_note_is_written_in_the_card(desk: Client, customer: Customer) -> None:
    answer = desk.post(
        address(customer), {"body": " Called: charged twice. ", "form_key": form_key()}, headers=CARD
    )
    assert answer.status_code == 200
    assert "Called: charged twice." in answer.content.decode()
    assert "The note is written" in answer.content.decode()
    note = CustomerNote.objects.get()
    assert (note.body, note.author_name) == ("Called: charged twice.", "Jude Okafor")
    assert HistoryEntry.objects.get(kind="note").actor_name == "Jude Okafor"


@pytest.mark.parametrize("headers", [{}, CARD])
def test_the_same_form_twice_makes_one_note(
    desk: Client, customer: Customer, headers: dict[str, str]
) -> None:
    sent = {"body": "Called again.", "form_key": form_key()}
    for _ in range(2):
        desk.post(address(customer), sent, headers=headers)
    assert CustomerNote.objects.count() == 1
    assert HistoryEntry.objects.filter(kind="note").count() == 1


def test_an_empty_note_is_refused_with_a_sentence(desk: Client, customer: Customer) -> None:
    answer = desk.post(address(customer), {"body": "  ", "form_key": form_key()}, headers=CARD)
    assert answer.status_code == 422
    assert "Note: write what the others should know." in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, CARD])
def test_a_note_that_is_too_long_keeps_its_text(
    desk: Client, customer: Customer, headers: dict[str, str]
) -> None:
    body = "Lang. " * 2_000
    answer = desk.post(address(customer), {"body": body, "form_key": form_key()}, headers=headers)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "shorten it to 10000" in text
    assert body.strip() in text
    assert not CustomerNote.objects.exists()


def test_a_form_without_its_key_writes_nothing(desk: Client, customer: Customer) -> None:
    answer = desk.post(address(customer), {"body": "Called."}, headers=CARD)
    assert answer.status_code == 422
    assert "Called." in answer.content.decode()
    assert not CustomerNote.objects.exists()


def test_without_scripts_the_page_comes_back_with_the_note(desk: Client, customer: Customer) -> None:
    answer = desk.post(address(customer), {"body": "Called <b>.", "form_key": form_key()}, follow=True)
    assert answer.redirect_chain == [(f"/customers/{customer.reference}/", 302)]
    assert "Called &lt;b&gt;." in answer.content.decode()


def test_notes_are_paged_newest_first(desk: Client, customer: Customer) -> None:
    for place in range(60):
        CustomerNote.objects.create(
            customer=customer,
            body=f"Note {place:02}.",
            author_ref="staff:1",
            author_name="Jude Okafor",
            form_key=form_key(),
            created_at=make.NOW,
        )
    text = desk.get(f"/customers/{customer.reference}/?tab=notes").content.decode()
    assert "Note 59." in text
    assert "Note 09." not in text
    earlier = text.split("notes_before=", 1)[1].split('"', 1)[0]
    rest = desk.get(f"/customers/{customer.reference}/?tab=notes&notes_before={earlier}").content.decode()
    assert "Note 09." in rest
    assert "Note 10." not in rest


def test_tags_are_put_on_and_taken_off_as_one_entry(desk: Client) -> None:
    customer = make.customer(tags=["education", "vip"])
    sent = {
        "shown": ["education", "vip"],
        "keep": ["vip"],
        "add": "Key  Account, vip",
        "form_key": form_key(),
    }
    assert desk.post(address(customer, "tags"), sent).status_code == 302
    customer.refresh_from_db()
    assert customer.tags == ["key account", "vip"]
    entry = HistoryEntry.objects.get(kind="tagged")
    assert entry.facts == {"added": ["key account"], "removed": ["education"]}
    desk.post(address(customer, "tags"), sent)
    assert HistoryEntry.objects.filter(kind="tagged").count() == 1


def test_a_tag_that_somebody_added_meanwhile_stays(desk: Client) -> None:
    customer = make.customer(tags=["new", "vip"])
    desk.post(address(customer, "tags"), {"shown": ["vip"], "form_key": form_key()})
    customer.refresh_from_db()
    assert customer.tags == ["new"]


def test_a_tag_that_somebody_took_off_meanwhile_is_no_error(desk: Client) -> None:
    customer = make.customer(tags=["vip"])
    sent = {"shown": ["gone", "vip"], "keep": ["gone", "vip"], "add": "new", "form_key": form_key()}
    assert desk.post(address(customer, "tags"), sent).status_code == 302
    customer.refresh_from_db()
    assert customer.tags == ["new", "vip"]


@pytest.mark.parametrize(
    ("add", "says"),
    [("<b>", "Tag: up to 40 letters"), ("x" * 41, "Tag: up to 40 letters"), ("-", "Tag: up to")],
)
def test_a_tag_that_cannot_be_one_is_refused_and_kept(
    desk: Client, customer: Customer, add: str, says: str
) -> None:
    answer = desk.post(address(customer, "tags"), {"add": f"fine, {add}", "form_key": form_key()})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "fine, " in answer.content.decode()


def test_more_than_twenty_tags_are_refused(desk: Client) -> None:
    customer = make.customer(tags=[f"tag {place}" for place in range(20)])
    sent = {"shown": customer.tags, "keep": customer.tags, "add": "one more", "form_key": form_key()}
    answer = desk.post(address(customer, "tags"), sent)
    assert answer.status_code == 422
    assert "20 at most" in answer.content.decode()


def test_the_story_and_the_count_follow_the_note(desk: Client, customer: Customer) -> None:
    answer = desk.post(address(customer), {"body": "Called.", "form_key": form_key()}, headers=CARD)
    text = answer.content.decode()
    assert text.index('id="story-card"') < text.rindex("Called.")
    assert '<span class="count" id="notes-count" hx-swap-oob="true">1</span>' in text
