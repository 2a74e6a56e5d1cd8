"""A state changes only as its machine lists, and the database agrees with the code."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from billing.errors import Conflict
from billing.history.actors import gateway, person, system
from billing.history.context import acting
from billing.history.machines import all_machines
from billing.history.services import move, record
from billing.models import AllowedTransition, Customer, HistoryEntry, Payment
from billing.money import Money
from billing.payments.rules import MACHINE

NOW = datetime(2026, 11, 18, 14, 9, tzinfo=UTC)
JUDE = person(7, "Jude Okafor")


@pytest.fixture
def payment(db: None) -> Payment:
    customer = Customer.objects.create(reference="CUS-7K2M9QPA", created_at=NOW)
    return Payment.objects.create(
        reference="PAY-20261118-4XN7TQ2B",
        customer=customer,
        state="pending",
        currency="EUR",
        amount_minor=9900,
        created_at=NOW,
    )


def test_a_move_writes_who_when_why_and_from_which_request(payment: Payment) -> None:
    with acting(JUDE, request_id="req-1"):
        move(
            payment,
            MACHINE,
            "succeeded",
            actor=JUDE,
            now=NOW,
            reason="Seen on the bank's statement.",
            money=Money(9900, "EUR"),
            also={"captured_minor": 9900},
        )
    written = HistoryEntry.objects.get(subject_kind="payment", subject_id=payment.pk)
    assert (written.from_state, written.to_state) == ("pending", "succeeded")
    assert (written.actor_ref, written.actor_name) == ("staff:7", "Jude Okafor")
    assert (written.reason, written.request_id) == ("Seen on the bank's statement.", "req-1")
    assert (written.amount_minor, written.currency) == (9900, "EUR")
    assert written.customer_id == payment.customer_id
    payment.refresh_from_db()
    assert (payment.state, payment.captured_minor) == ("succeeded", 9900)


def test_a_move_that_is_not_listed_is_refused_and_changes_nothing(payment: Payment) -> None:
    with pytest.raises(Conflict, match="pending by now and cannot become reversed"):
        move(payment, MACHINE, "reversed", actor=JUDE, now=NOW)
    payment.refresh_from_db()
    assert payment.state == "pending"
    assert not HistoryEntry.objects.filter(subject_kind="payment").exists()


def test_only_a_gateway_makes_the_moves_that_are_a_gateways(payment: Payment) -> None:
    move(payment, MACHINE, "succeeded", actor=system("worker"), now=NOW)
    with pytest.raises(Conflict):
        move(payment, MACHINE, "reversed", actor=JUDE, now=NOW)
    move(payment, MACHINE, "reversed", actor=gateway("stripe"), now=NOW)
    payment.refresh_from_db()
    assert payment.state == "reversed"


def test_the_database_refuses_a_move_that_no_service_would_make(payment: Payment) -> None:
    with pytest.raises(IntegrityError, match="a payment cannot go from pending to reversed"):
        Payment.objects.filter(pk=payment.pk).update(state="reversed")


def test_the_database_holds_exactly_the_machines_of_the_code(db: None) -> None:
    there = set(AllowedTransition.objects.values_list("machine", "from_state", "to_state"))
    assert there == {(m.name, a, b) for m in all_machines().values() for a, b in m.pairs}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_historyentry SET actor_name = 'nobody'",
        "DELETE FROM billing_historyentry",
        "TRUNCATE billing_historyentry",
        "UPDATE billing_paymentevent SET state = 'failed'",
        "DELETE FROM billing_paymentevent",
        "INSERT INTO billing_allowedtransition (machine, from_state, to_state) VALUES ('payment', 'a', 'b')",
    ],
)
def test_the_applications_role_cannot_rewrite_what_happened(payment: Payment, statement: str) -> None:
    record(payment, "note", actor=JUDE, now=NOW)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_every_changed_row_is_kept_with_who_changed_it_even_by_sql(payment: Payment) -> None:
    with acting(JUDE, request_id="req-2", reason="typo"), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_payment SET description = 'November' WHERE id = %s", [payment.pk])
    kept = payment.audit_rows.order_by("pgh_id").last()
    assert kept is not None
    assert (kept.pgh_label, kept.description) == ("update", "November")
    assert kept.pgh_context == {
        "who": "staff:7",
        "name": "Jude Okafor",
        "request": "req-2",
        "reason": "typo",
    }
