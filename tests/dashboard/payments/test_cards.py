"""The list of cards that expire: what it shows and narrows to, and asking many owners for a new one."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.ids import form_key
from billing.jobs.services import do_run
from billing.models import Message, Run
from dashboard.payments.card_filters import month_from
from tests import make
from tests.billing.payments.tills import a_card

pytestmark = pytest.mark.django_db
LIST = "/payments/expiring/"


def card_of(name: str, months: int, *, charged: bool = True, **more: Any) -> Any:
    day = month_from(timezone.localdate(), months)
    customer = make.customer(name, email=f"{name.split()[0].lower()}@halden.test", locale="en")
    if charged:
        make.subscription(customer)
    return a_card(customer, exp_month=day.month, exp_year=day.year, **more)


@pytest.fixture
def desk(client: Client, settings: Any) -> Client:
    settings.MAIL_EXAMPLE_ADDRESSES = True
    client.force_login(make.member("support"))
    return client


def names(client: Client, query: str) -> set[str]:
    page = client.get(LIST + query).content.decode()
    return {name for name in ("Duarte", "Poschl", "Kestrel", "Lindqvist", "Dupre") if name in page}


def test_it_opens_with_what_would_be_charged_and_narrows(desk: Client) -> None:
    this, following = card_of("Duarte Lda", 0), card_of("Poschl GmbH", 1)
    card_of("Kestrel Labs", -1)
    card_of("Lindqvist AB", 5)
    card_of("Dupre SARL", 1, charged=False)
    year = month_from(timezone.localdate(), 14).year
    a_card(following.customer, exp_month=6, exp_year=year, is_default=False)
    assert names(desk, "") == {"Duarte", "Poschl"}
    assert names(desk, "?view=all") == {"Duarte", "Poschl", "Kestrel", "Lindqvist", "Dupre"}
    assert names(desk, "?view=all&state=expired") == {"Kestrel"}
    assert names(desk, "?view=all&state=this&state=later") == {"Duarte", "Lindqvist", "Poschl"}
    assert names(desk, f"?view=all&month={this.exp_year}-{this.exp_month:02}") == {"Duarte"}
    soon = f"month={following.exp_year}-{following.exp_month:02}"
    assert names(desk, f"?view=all&{soon}&other=yes") == {"Poschl"}
    assert names(desk, f"?view=all&{soon}&other=no") == {"Dupre"}
    assert names(desk, f"?view=all&{soon}&charged=no") == {"Dupre"}
    csv = Client()
    csv.force_login(make.member("finance"))
    lines = b"".join(csv.get(LIST + "?view=all&format=csv")).decode()
    assert "Duarte Lda" in lines and "Expires this month" in lines


def test_it_asks_as_often_for_many_cards_as_for_few(desk: Client, django_assert_max_num_queries: Any) -> None:
    for place in range(12):
        card_of(f"Duarte{place} Lda", place % 2)
    with django_assert_max_num_queries(16):
        assert desk.get(LIST).status_code == 200


def test_many_owners_are_asked_with_a_result_for_each(desk: Client) -> None:
    cards = [card_of("Duarte Lda", 0), card_of("Poschl GmbH", 1), card_of("Kestrel Labs", 1)]
    cards[2].detached_at = timezone.now()
    picked = "&".join(f"pick={each.pk}" for each in cards[:2])
    address = f"/lists/cards/bulk/ask/?{picked}"
    assert "The owners of 2 cards are asked" in desk.get(address).content.decode()
    run: Any = None
    for _ in range(2):
        desk.post(address, {"form_key": form_key(), "shown_count": "2"})
        run = do_run(run_id=Run.objects.latest("pk").pk, clock=timezone.now)
    assert Message.objects.filter(kind="card_expiring").count() == 2, "nobody is asked twice in a day"
    assert (run.done, run.failed) == (2, 2)
    row = run.rows.order_by("pk").first()
    assert row.label.startswith("Visa ···· ") and "within the last day" in row.message
    assert reverse("customers:show", args=[cards[0].customer.reference]) == row.url


def test_a_card_that_is_gone_is_a_result(desk: Client) -> None:
    card = card_of("Duarte Lda", 0)
    data = {"form_key": form_key(), "shown_count": "1"}
    desk.post(f"/lists/cards/bulk/ask/?pick={card.pk}", data)
    card.detached_at = timezone.now()
    card.save()
    run = do_run(run_id=Run.objects.get().pk, clock=timezone.now)
    assert run.failed == 1 and "no longer on file" in run.rows.get().message
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("today", "months", "first"),
    [((2026, 11, 21), 2, (2027, 1, 1)), ((2026, 1, 31), -1, (2025, 12, 1)), ((2026, 2, 3), 0, (2026, 2, 1))],
)
def test_months_turn_the_year(today: Any, months: int, first: Any) -> None:
    assert month_from(date(*today), months) == date(*first)
