"""The URL is the whole state: what it names is shown, what it names in vain gets a sentence."""

from typing import Any

import pytest
from django.test import Client

from tests import make

pytestmark = pytest.mark.django_db


def shown(response: Any) -> list[str]:
    return [row["name"] for row in response.context["rows"]]


def test_filters_narrow_and_stand_as_chips(desk: Client) -> None:
    failed = make.payment(state="failed")
    make.payment(state="succeeded")
    response = desk.get("/payments/?view=all&state=failed&state=unknown")
    assert shown(response) == [failed.reference]
    (chip,) = response.context["chips"]
    assert (chip.label, chip.operator, chip.value) == ("State", "is", "Failed, Unknown")
    assert "state=" not in chip.without


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("state=nonsense", "State: “nonsense” is none of its values."),
        ("amount_min=ten", "Amount: Enter an amount such as 10.00."),
        ("amount_min=NaN", "Amount: Enter an amount such as 10.00."),
        ("amount_min=1e400", "Amount: Enter an amount such as 10.00."),
        ("created_from=2026-13-40", "Created: Enter a valid date."),
        ("last4=42", "Card ends in: Enter the last four digits"),
        ("customer=CUS-NOBODY", "Customer: No customer has this reference"),
        ("sort=shoe_size", "no order “shoe_size”"),
        ("colour=blue", "no filter “colour”"),
        ("after=AAAA", "place in this address cannot be read"),
        ("before=%00%ff", "place in this address cannot be read"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_and_the_rest_stays(
    desk: Client, query: str, sentence: str
) -> None:
    failed = make.payment(state="failed", card_last4="4242")
    make.payment(state="succeeded")
    rest = "&state=failed" if not query.startswith("state") else "&last4=4242"
    response = desk.get(f"/payments/?view=all{rest}&{query}")
    assert response.status_code == 200
    assert sentence in " ".join(response.context["troubles"])
    assert failed.reference in shown(response)


def test_an_amount_means_each_rows_own_currency(desk: Client) -> None:
    euros = make.payment(amount_minor=1000, currency="EUR")
    make.payment(amount_minor=999, currency="EUR")
    yen = make.payment(amount_minor=10, currency="JPY")
    make.payment(amount_minor=9, currency="JPY")
    dinars = make.payment(amount_minor=10_000, currency="KWD")
    make.payment(amount_minor=9_999, currency="KWD")
    found = shown(desk.get("/payments/?view=all&amount_min=10.00"))
    assert set(found) == {euros.reference, yen.reference, dinars.reference}


def test_a_day_is_the_viewers_day(desk: Client, finance: Any) -> None:
    from datetime import UTC, datetime

    finance.time_zone = "Pacific/Auckland"
    finance.save()
    there = make.payment(created_at=datetime(2026, 11, 17, 11, 30, tzinfo=UTC))  # 18 Nov, 00:30 there
    make.payment(created_at=datetime(2026, 11, 17, 10, 30, tzinfo=UTC))  # still 17 Nov
    assert shown(desk.get("/payments/?view=all&created_from=2026-11-18&created_to=2026-11-18")) == [
        there.reference
    ]


def test_columns_are_chosen_and_the_reference_always_stays(desk: Client) -> None:
    make.payment()
    response = desk.get("/payments/?view=all&cols=fee,amount")
    assert [head.name for head in response.context["heads"]] == ["reference", "amount", "fee"]
    chosen = desk.get("/payments/?view=all&chosen=1&col=state&col=reference")
    assert [head.name for head in chosen.context["heads"]] == ["reference", "state"]


def test_a_header_sorts_and_says_so(desk: Client) -> None:
    small, large = make.payment(amount_minor=100), make.payment(amount_minor=900)
    response = desk.get("/payments/?view=all&sort=-amount")
    assert shown(response) == [large.reference, small.reference]
    assert 'aria-sort="descending"' in response.content.decode()
    assert shown(desk.get("/payments/?view=all&sort=amount")) == [small.reference, large.reference]


def test_htmx_gets_the_part_and_the_address_without_empty_fields(desk: Client) -> None:
    make.payment(state="failed")
    headers = {"HX-Request": "true", "HX-Target": "list-part"}
    response = desk.get("/payments/?view=all&state=failed&last4=&customer=", headers=headers)
    body = response.content.decode()
    assert "<html" not in body and 'id="list-part"' in body
    assert response.headers["HX-Push-Url"] == "/payments/?view=all&state=failed"
    assert "HX-Target" in response.headers["Vary"]


def test_the_bare_address_shows_the_usual_tab_and_each_tab_its_rows(desk: Client) -> None:
    failed, fine = make.payment(state="failed"), make.payment()
    bare = desk.get("/payments/")
    assert set(shown(bare)) == {failed.reference, fine.reference}
    assert bare.context["current"].tab.name == "all"
    tabs = {each.tab.name: each.url for each in bare.context["tabs"]}
    response = desk.get(tabs["failed"])
    assert shown(response) == [failed.reference]
    assert response.context["current"].tab.name == "failed"
    edited = desk.get("/payments/?view=failed&state=unknown")
    assert edited.context["current"].tab.name == "unknown", (
        "a tab whose filters are gone is not the current one"
    )


def test_tabs_are_counted_in_a_request_of_their_own(desk: Client) -> None:
    make.payment(state="failed")
    body = desk.get("/payments/?part=counts").content.decode()
    assert 'id="tab-count-failed"' in body
    assert ">1</span>" in body


def test_a_row_peeks_with_and_without_scripts(desk: Client) -> None:
    first, second = make.payments(2)
    page = desk.get(f"/payments/?view=all&peek={second.reference}")
    assert page.context["peek_row"].pk == second.pk
    assert first.reference in page.context["peek_previous"]
    assert "<html" in page.content.decode()
    headers = {"HX-Request": "true", "HX-Target": "peek"}
    side = desk.get(f"/payments/?view=all&peek={first.reference}", headers=headers).content.decode()
    assert first.reference in side and "<html" not in side and "<table" not in side
    missing = desk.get("/payments/?view=all&peek=PAY-20260101-NOBODY00", headers=headers)
    assert "No payment is called" in missing.content.decode()


def test_an_empty_list_teaches_and_a_narrow_one_leads_back(desk: Client) -> None:
    assert "No payment has come in yet" in desk.get("/payments/?view=all").content.decode()
    make.payment()
    nothing = desk.get("/payments/?view=all&state=canceled").content.decode()
    assert "No payments fit" in nothing and 'href="/payments/?view=all"' in nothing


def test_nobody_without_the_permission_sees_a_list() -> None:
    client = Client()
    client.force_login(make.member(""))
    assert client.get("/payments/").status_code == 403


def test_narrow_first_is_a_page_with_its_remedies(desk: Client) -> None:
    from dashboard.payments.screen import PAYMENTS

    make.payment(state="failed", gateway="stripe")
    object.__setattr__(PAYMENTS, "big", 0)
    try:
        page = desk.get("/payments/?view=all&state=failed&gateway=stripe")
        text = page.content.decode()
        assert page.status_code == 200 and "Narrow first" in text
        assert "Leave out State" in text and "Leave out Gateway" in text
        assert not page.context["rows"]
        assert desk.get("/payments/?view=all&state=failed&gateway=stripe&format=csv").status_code == 302
    finally:
        object.__setattr__(PAYMENTS, "big", 50_000)


def test_a_form_without_scripts_reads_as_a_link_does(desk: Client) -> None:
    failed = make.payment(state="failed")
    make.payment()
    empty = "last4=&amount_min=&amount_max=&created_from=&created_to=&customer="
    response = desk.get(f"/payments/?view=all&sort=-created&state=failed&{empty}")
    assert shown(response) == [failed.reference] and not response.context["troubles"]


def test_rows_carry_what_the_selection_sums(desk: Client) -> None:
    make.payment(amount_minor=14_800, currency="JPY")
    text = desk.get("/payments/?view=all").content.decode()
    assert 'data-minor="14800" data-currency="JPY" data-digits="0"' in text
