"""Two customers who are one are linked and taken apart; nothing of theirs moves."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from billing.customers.merging import (
    link_of,
    links_into,
    merge_customers,
    same_payer,
    separate_customers,
)
from billing.errors import Conflict, InvalidInput
from billing.history.actors import person
from billing.models import Customer, CustomerLink, HistoryEntry
from tests import make
from tests.make import NOW

pytestmark = pytest.mark.django_db
INES = person(7, "Ines Marchetti")
WHY = "Same VAT number; the second sign-up was by mistake."


def merge(customer: Customer, into: Customer, reason: str = WHY) -> CustomerLink:
    return merge_customers(customer_id=customer.pk, into_id=into.pk, reason=reason, actor=INES, now=NOW)


def separate(customer: Customer, reason: str = "Two companies after all.") -> CustomerLink:
    return separate_customers(customer_id=customer.pk, reason=reason, actor=INES, now=NOW + timedelta(days=2))


def test_the_one_is_the_other_and_both_remember_who_said_so():
    first, second = make.customer("Brückner GmbH"), make.customer("Brückner Feinmechanik")
    payment = make.payment(second)
    link = merge(second, first)
    assert (link.made_by_name, link.made_at, link.reason) == ("Ines Marchetti", NOW, WHY)
    assert same_payer(first.pk) == [first.pk, second.pk]
    assert same_payer(second.pk) == [second.pk]
    payment.refresh_from_db()
    assert payment.customer_id == second.pk
    told = HistoryEntry.objects.filter(kind="merged", subject_kind="customer").values_list(
        "subject_id", "reason", "actor_name"
    )
    assert set(told) >= {(first.pk, WHY, "Ines Marchetti"), (second.pk, WHY, "Ines Marchetti")}


def test_asked_again_it_is_the_same_link():
    first, second = make.customer(), make.customer()
    assert merge(second, first) == merge(second, first)
    assert CustomerLink.objects.filter(customer=second).count() == 1


def test_undone_it_leaves_all_as_it_was_and_can_be_made_again():
    first, second = make.customer(), make.customer()
    merge(second, first)
    undone = separate(second)
    assert (undone.undone_by_name, undone.undo_reason) == ("Ines Marchetti", "Two companies after all.")
    assert link_of(second.pk) is None and links_into(first.pk) == []
    assert HistoryEntry.objects.filter(kind="separated", subject_id=first.pk).count() == 1
    again = merge(second, first)
    assert again.pk != undone.pk
    with pytest.raises(Conflict, match="merged into nobody"):
        separate(first)


def test_one_step_and_no_circle():
    first, second, third = make.customer(), make.customer(), make.customer()
    merge(second, first)
    for customer, into, sentence in (
        (third, second, f"merge into {first.reference}"),
        (first, third, "separate them first"),
        (second, third, "separate them first"),
        (first, second, "merged into"),
        (third, third, "name another"),
    ):
        with pytest.raises(InvalidInput, match=sentence) as refused:
            merge(customer, into)
        assert refused.value.field == "into"
    merge(third, first)
    assert same_payer(first.pk) == [first.pk, second.pk, third.pk]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2_001])
def test_a_reason_is_asked_for(reason: str):
    with pytest.raises(InvalidInput) as refused:
        merge(make.customer(), make.customer(), reason)
    assert refused.value.field == "reason"


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM billing_customerlink WHERE id = %s", "undone, not deleted"),
        ("UPDATE billing_customerlink SET reason = 'other' WHERE id = %s", "only ever undone"),
        ("UPDATE billing_customerlink SET into_id = customer_id WHERE id = %s", "violates|only ever"),
    ],
)
def test_the_database_keeps_what_was_said(statement: str, says: str):
    link = merge(make.customer(), make.customer())
    with pytest.raises(IntegrityError, match=says), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [link.pk])


def test_the_database_refuses_a_second_step():
    first, second, third = make.customer(), make.customer(), make.customer()
    merge(second, first)
    with pytest.raises(IntegrityError, match="merged with another already"), transaction.atomic():
        CustomerLink.objects.create(
            customer=third, into=second, reason=WHY, made_at=NOW, made_by_ref="staff:7"
        )
