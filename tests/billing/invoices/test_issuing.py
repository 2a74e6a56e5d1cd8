"""Invoices written many at once: sums, numbers, postings, history, store credit, and once for a cause."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from billing.credits.store import give_store_credit
from billing.errors import Conflict, InvalidInput
from billing.history.context import acting
from billing.invoices.composing import TakenBack
from billing.invoices.issuing import write_invoices
from billing.models import CreditAccount, HistoryEntry, Invoice, NumberSeries, PendingLine, Posting
from billing.money import Money
from tests import make
from tests.billing.invoices.orders import NOW, RUN, buyer, credit, order, piece

pytestmark = pytest.mark.django_db


def write(*orders, **more):
    return write_invoices(orders, **({"actor": RUN, "now": NOW} | more))


def booked(invoice: Invoice) -> dict[str, dict[str, int]]:
    found = Posting.objects.filter(subject_kind="invoice", subject_id=invoice.pk).prefetch_related("lines")
    return {p.fact: {x.account: x.amount_minor for x in p.lines.all()} for p in found}


def test_an_invoice_with_all_that_belongs_to_it():
    customer = buyer("NL", line1="Oudegracht 1", city="Utrecht", postal_code="3511 AA", locale="nl-NL")
    subscription = make.subscription(customer)
    price = subscription.items.get().price

    bought = piece(price_id=price.pk, item_id=subscription.items.get().pk, why={"price": {"version": 1}})
    asked = order(customer, bought, subscription_id=subscription.pk)
    (made,) = write(asked)

    assert (made.net_minor, made.tax_minor, made.total_minor) == (2_900, 609, 3_509)
    assert (made.state, made.number) == ("open", "INV-2026-000001")
    assert (made.treatment, made.tax_country) == ("standard", "NL")
    assert made.tax_why.startswith("Sold within the Netherlands.")
    assert made.tax_why.endswith("Standard rate of the Netherlands on 2026-11-01: 21 %.")
    assert made.collect_at == made.finalised_at == NOW
    assert made.due_on == NOW.date() + timedelta(days=14)
    assert made.bill_to["city"] == "Utrecht" and made.bill_to["country"] == "NL"
    assert made.seller["vat_number"] == "NL004495445B01"
    assert made.evidence["verdict"] == "one_piece"
    line = made.lines.get()
    assert (line.net_minor, line.tax_minor, line.tax_rate) == (2_900, 609, Decimal(21))
    assert (line.kind, line.treatment, line.price, line.position) == ("subscription", "standard", price, 1)
    assert line.why["price"] == {"version": 1}
    assert line.why["tax"]["country"] == "NL"
    assert line.item.pk == subscription.items.get().pk
    assert booked(made) == {
        "invoice.finalised": {"receivable": 3_509, "deferred_revenue": -2_900, "tax_payable": -609}
    }
    told = HistoryEntry.objects.get(subject_kind="invoice", subject_id=made.pk)
    assert (told.to_state, told.amount_minor, told.facts) == ("open", 3_509, {"cause": asked.cause})


def test_numbers_follow_each_other_in_the_order_asked_for():
    customers = [buyer() for _ in range(5)]
    first = write(*[order(each) for each in customers])
    second = write(order(customers[0]))

    assert [each.number for each in [*first, *second]] == [f"INV-2026-{n:06d}" for n in range(1, 7)]
    assert [each.customer_id for each in first] == [each.pk for each in customers]
    assert NumberSeries.objects.get(prefix="INV-2026-").next_number == 7


def test_a_number_is_never_dated_before_the_one_before_it():
    customer = buyer()
    (first,) = write(order(customer))
    (second,) = write(order(customer), now=NOW - timedelta(hours=1))

    assert second.finalised_at == first.finalised_at


def test_a_cause_makes_one_invoice():
    customer = buyer()
    asked, other = order(customer), order(customer)
    (made,) = write(asked)
    again = write(asked, other)

    assert again[0] == made
    assert Invoice.objects.count() == 2
    with pytest.raises(Conflict):
        write(order(buyer(), cause=asked.cause))


def test_one_order_that_cannot_be_billed_stops_them_all_and_says_which():
    nowhere = buyer("")
    asked = order(nowhere)
    with pytest.raises(InvalidInput) as refused:
        write(order(buyer()), asked)

    assert refused.value.sentence.startswith("Country: this customer has none")
    assert refused.value.facts == {"cause": asked.cause, "customer": nowhere.pk}
    assert not Invoice.objects.exists()


def test_a_business_elsewhere_in_the_eu_owes_the_tax_itself():
    (made,) = write(order(buyer("DE", tax_id="DE 811 569 869")))

    assert (made.treatment, made.tax_minor, made.total_minor) == ("reverse_charge", 0, 2_900)
    assert made.bill_to["tax_id"] == "DE811569869" and made.bill_to["is_business"]
    assert made.evidence == {"vat_number": "unchecked"}


def test_a_number_whose_check_digits_fail_makes_no_business():
    (made,) = write(order(buyer("DE", tax_id="DE811569868")))

    assert (made.treatment, made.lines.get().tax_rate) == ("oss", Decimal(19))
    assert made.evidence["vat_number"] == "malformed"


def test_unused_time_goes_back_at_its_own_rate_and_names_its_invoice():
    customer = buyer("RO")
    (before,) = write(order(customer, tax_point=NOW.date().replace(year=2025, month=7, day=15)))
    line = before.lines.get()
    assert line.tax_rate == Decimal(19)

    back = TakenBack(line.tax_rate, line.treatment, before.number, line.pk)
    (made,) = write(order(customer, piece(5_900), credit(1_450, takes_back=back)))

    charged, returned = made.lines.all()
    assert (charged.tax_rate, charged.tax_minor) == (Decimal(21), 1_239)
    assert (returned.tax_rate, returned.net_minor, returned.tax_minor) == (Decimal(19), -1_450, -276)
    assert (returned.takes_back, returned.takes_back_number) == (line, before.number)
    assert made.total_minor == 5_413
    assert returned.is_proration


def test_credits_beyond_the_invoice_wait_for_the_next():
    customer = buyer()
    subscription = make.subscription(customer)
    asked = order(customer, piece(1_000), credit(2_500), subscription_id=subscription.pk)
    (made,) = write(asked)

    assert (made.total_minor, made.state, made.paid_at) == (0, "paid", NOW)
    waiting = PendingLine.objects.get()
    assert (waiting.amount_minor, waiting.invoice, waiting.subscription) == (-1_500, None, subscription)

    # Another subscription's invoice does not take it; the next of its own does.
    other = make.subscription(customer)
    (elsewhere,) = write(order(customer, subscription_id=other.pk))
    assert elsewhere.total_minor == 3_509
    (following,) = write(order(customer, subscription_id=subscription.pk))
    assert [x.net_minor for x in following.lines.all()] == [2_900, -1_500]
    waiting.refresh_from_db()
    assert waiting.invoice == following


def test_credits_alone_make_no_invoice_and_wait():
    customer = buyer()
    asked = order(customer, credit(2_500))
    assert write(asked) == []
    assert write(asked) == []

    assert PendingLine.objects.get().amount_minor == -2_500
    assert not NumberSeries.objects.exists()
    (made,) = write(order(customer, piece(1_000)))
    assert made.total_minor == 0
    assert [(x.amount_minor, x.invoice) for x in PendingLine.objects.order_by("pk")] == [
        (-2_500, made),
        (-1_500, None),
    ]


def test_store_credit_pays_first():
    rich, poor, none = buyer(), buyer(), buyer()
    give(rich, 10_000)
    give(poor, 1_000)
    asked = [order(rich), order(rich), order(rich), order(poor), order(none)]
    made = write(*asked)

    assert [each.state for each in made] == ["paid", "paid", "open", "open", "open"]
    assert booked(made[0])["store_credit.used"] == {"receivable": -3_509, "customer_balance": 3_509}
    assert booked(made[2])["store_credit.used"]["receivable"] == -(10_000 - 2 * 3_509)
    assert booked(made[3])["store_credit.used"]["receivable"] == -1_000
    assert "store_credit.used" not in booked(made[4])
    assert set(CreditAccount.objects.values_list("balance", flat=True)) == {0}
    assert made[0].collect_at is None and made[2].collect_at == NOW
    paid = HistoryEntry.objects.filter(subject_kind="invoice", subject_id=made[0].pk, to_state="paid").get()
    assert paid.facts == {"store_credit_minor": 3_509}


def give(customer, minor):
    give_store_credit(
        customer_id=customer.pk, amount=Money(minor, "EUR"), actor=RUN, now=NOW - timedelta(days=1),
        key=f"gift:{customer.pk}", reason="A gesture",
    )  # fmt: skip


def test_what_is_sent_is_not_collected():
    sent, kept = write(order(buyer(), collect="send", due_days=30), order(buyer(), collect=""))

    assert sent.collect_at is None and kept.collect_at is None
    assert sent.due_on == NOW.date() + timedelta(days=30)


def test_drafts_have_no_number_and_post_nothing():
    (made,) = write(order(buyer()), finalise=False)

    assert (made.state, made.number, made.finalised_at, made.collect_at) == ("draft", None, None, None)
    assert made.total_minor == 3_509
    assert booked(made) == {}
    assert not NumberSeries.objects.exists()


@pytest.mark.parametrize("finalise", [True, False])
def test_the_audit_trail_knows_who_wrote_them(finalise):
    orders = [order(buyer())]
    with acting(RUN, reason="Due today"):
        (made,) = write(*orders, finalise=finalise)

    (row,) = Invoice.pgh_event_model.objects.filter(pgh_obj_id=made.pk)
    assert (row.pgh_context["who"], row.pgh_context["reason"]) == (RUN.ref, "Due today")


def test_what_the_database_refuses_is_an_error_of_djangos():
    with pytest.raises(IntegrityError):
        write(order(buyer(), subscription_id=0))
        connection.check_constraints()


def test_the_number_of_statements_does_not_grow():
    def statements(count: int) -> int:
        orders = []
        for _ in range(count):
            rich, owed = buyer(), buyer()
            give(rich, 500)
            write(order(owed, credit(700)))
            orders += [order(rich), order(owed, piece(1_000), credit(2_500))]
        with CaptureQueriesContext(connection) as seen:
            write(*orders)
        return len(seen)

    assert statements(1) == statements(12) <= 27


def test_misuse_is_a_bug():
    customer = buyer()
    with pytest.raises(ValueError, match="cause of its own"):
        write(order(customer, cause="a"), order(customer, cause="a"))
    with pytest.raises(ValueError, match="at most 1000"):
        write(*[order(customer) for _ in range(1_001)])
    with pytest.raises(ValueError, match="collect is one of"):
        write(order(customer, collect="later"))
    assert write() == []
