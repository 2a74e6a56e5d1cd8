"""The customers list: what its rows say, what it is narrowed by, and what it costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import Customer, Identity, MrrMovement
from dashboard.customers.screen import CUSTOMERS
from dashboard.fetching import take_blocked
from tests import make

pytestmark = pytest.mark.django_db


def movement(customer: Customer, minor: int, currency: str = "EUR") -> None:
    MrrMovement.objects.create(
        customer=customer,
        day=make.NOW.date(),
        at=make.NOW,
        currency=currency,
        kind="new",
        amount_minor=minor,
        cause=f"test:{make.serial()}",
    )


def page(desk: Client, query: str = "view=all") -> str:
    take_blocked()
    answer = desk.get(f"/customers/?{query}")
    assert answer.status_code == 200
    assert take_blocked() == []
    return answer.content.decode()


def shown(desk: Client, query: str) -> set[str]:
    """The references of the rows."""
    text = page(desk, query)
    return {
        ref for ref in Customer.objects.values_list("reference", flat=True) if f'data-row="{ref}"' in text
    }


def test_a_row_says_the_state_the_plan_and_mrr_of_each_currency(desk: Client) -> None:
    customer = make.customer(tags=["vip", "education"])
    make.subscription(customer, state="canceled", created_at=make.NOW + timedelta(days=1))
    make.subscription(customer, state="past_due")
    movement(customer, 9900)
    movement(customer, 4000, "USD")
    text = page(desk)
    assert "Brückner Feinmechanik GmbH" in text
    assert "Past due" in text
    assert "Pro, monthly" in text
    assert "99.00" in text
    assert "40.00" in text
    assert "vip" in text


def test_one_who_never_subscribed_has_no_state(desk: Client) -> None:
    make.customer()
    assert "Canceled" not in page(desk).split("<tbody", 1)[1].split("</tbody>", 1)[0]


def test_found_by_words_address_or_reference(desk: Client) -> None:
    karl = make.customer("Karl Brückner", email="karl@brueckner.example")
    make.customer("Ceramiche Rinaldi S.r.l.")
    assert shown(desk, "view=all&q=brück") == {karl.reference}
    assert shown(desk, "view=all&q=KARL@Brueckner.example") == {karl.reference}
    assert shown(desk, f"view=all&q={karl.reference.lower()}") == {karl.reference}
    assert shown(desk, "view=all&q=karl+rinaldi") == set()


@pytest.mark.parametrize("words", ["'", ":*", "a & | !", "<->", "\\", "%27%3B--"])
def test_words_with_signs_find_nothing_and_break_nothing(desk: Client, words: str) -> None:
    make.customer()
    page(desk, f"view=all&q={words.replace('&', '%26').replace('+', '%2B')}")


def test_narrowed_by_country_tag_and_subscription(desk: Client) -> None:
    german = make.customer(country="DE", tags=["vip"])
    french = make.customer("Mercœur Éditions SAS", country="FR")
    make.subscription(french, state="past_due")
    assert shown(desk, "view=all&country=FR") == {french.reference}
    assert shown(desk, "view=all&tag=VIP") == {german.reference}
    assert shown(desk, "view=all&state=past_due") == {french.reference}
    assert shown(desk, "view=past_due&behind=past_due") == {french.reference}


def test_a_tag_that_cannot_be_one_gets_a_sentence(desk: Client) -> None:
    make.customer()
    assert "Up to 40 letters" in page(desk, "view=all&tag=%3Cb%3E")


def test_an_erased_customer_stands_under_the_reference(desk: Client) -> None:
    customer = make.customer()
    Identity.objects.filter(customer=customer).delete()
    assert f"{customer.reference} (erased)" in page(desk)


def test_three_and_sixty_cost_the_same(desk: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(desk)
        return len([each for each in captured if "billing_" in each["sql"]])

    def some(number: int) -> None:
        for _ in range(number):
            customer = make.customer()
            make.subscription(customer)
            movement(customer, 100)

    some(3)
    few = queries()
    some(37)
    assert queries() == few


def test_the_csv_holds_everything_and_the_erased_ones_too() -> None:
    client = Client()
    client.force_login(make.member("finance", display_name="Ines Marchetti"))
    customer, erased = make.customer(tags=["=cmd()"]), make.customer("Aoife Súilleabháin")
    movement(customer, 9900)
    movement(customer, 4000, "USD")
    Identity.objects.filter(customer=erased).delete()
    answer = client.get("/customers/?view=all&format=csv")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "99.00 EUR + 40.00 USD" in text
    assert erased.reference in text
    assert ",=cmd()" not in text


def test_the_peek_says_who_and_what_happened(desk: Client) -> None:
    customer = make.customer()
    text = page(desk, f"view=all&peek={customer.reference}")
    assert "Lifetime, net" in text


def test_a_big_table_is_narrowed_before_it_is_searched_by_state(desk: Client) -> None:
    object.__setattr__(CUSTOMERS, "big", 0)
    try:
        make.subscription(make.customer(), state="past_due")
        assert "too many customers" in page(desk, "view=all&state=active")
        assert "too many customers" not in page(desk, "view=past_due&behind=past_due")
        assert "too many customers" not in page(desk, "view=all&state=active&country=DE&tag=vip")
    finally:
        object.__setattr__(CUSTOMERS, "big", 50_000)


def test_a_filter_that_names_no_such_value_is_left_out_with_a_sentence(desk: Client) -> None:
    make.customer()
    assert "This filter was left out" in page(desk, "view=all&country=ZZ")
