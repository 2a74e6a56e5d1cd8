"""Refunding many payments from their list: what it tells of notes and currencies, and what it begins."""

import pytest
from django.urls import reverse

from billing.ids import form_key
from billing.jobs.models import Run
from billing.models import Payment
from tests.billing.refunds.desk import a_payment
from tests.billing.refunds.paid import a_paid_invoice, an_invoice, pay
from tests.dashboard.credits.desk import desk_of

pytestmark = pytest.mark.django_db


def address(payments: list[Payment]) -> str:
    picks = "&".join(f"pick={each.pk}" for each in payments)
    return f"/lists/payments/bulk/refund/?{picks}"


def typed(payments: list[Payment], **more) -> dict:
    return {
        "form_key": form_key(), "shown_count": len(payments), "share": "whole",
        "reason": "service_disruption", **more,
    }  # fmt: skip


def told(client, payments: list[Payment]) -> str:
    headers = {"HX-Request": "true", "HX-Target": "effects"}
    answer = client.post(address(payments), typed(payments), headers=headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_tells_the_notes_and_the_sums_of_each_currency_and_begins_a_run_for_each():
    client = desk_of("finance")
    euros = [a_paid_invoice()[1], a_payment(1_000)]
    yen = [pay(an_invoice((9_000, 0, None), currency="JPY"))]
    said = told(client, [*euros, *yen])
    for words in (
        "2 credit notes will be made", "1 goes back by amount, without a credit note",
        "2 runs begin together, one for each currency", "72.00 EUR goes back", "9,000 JPY goes back",
    ):  # fmt: skip
        assert words in said, (words, said)

    answer = client.post(address([*euros, *yen]), typed([*euros, *yen]))
    assert answer.status_code == 302
    run, other = Run.objects.order_by("pk")
    assert (run.total, other.total) == (2, 1)
    page = client.get(reverse("runs:show", args=[run.pk])).content.decode()
    assert reverse("runs:show", args=[other.pk]) in page and "Begun together with" in page


def test_of_one_currency_it_says_nothing_of_others():
    said = told(desk_of("finance"), [a_paid_invoice()[1]])
    assert "1 credit note will be made" in said
    assert "runs begin together" not in said and "by amount" not in said
