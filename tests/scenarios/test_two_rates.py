"""Products of two classes of tax on one invoice, in dates and cents: billed, changed, refunded, corrected."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.billing_run.forecasting import forecast
from billing.billing_run.starting import start_dry_run
from billing.catalog import services as catalog
from billing.catalog.selling import TierWords, seen_of
from billing.history.actors import person
from billing.ids import form_key
from billing.invoices.queries import invoice_by_reference
from billing.invoices.reissuing import correct_and_reissue
from billing.models import Customer, Invoice, InvoiceLine, Subscription, SubscriptionItem, Tier
from billing.subscriptions.previews import preview_change
from billing.usage.gaps import say_reported
from billing.usage.services import record_usage
from dashboard.invoices.why import because
from reports.documents.invoice import paper_of_invoice
from tests import make
from tests.billing.refunds.paid import pay, refund
from tests.billing.subscriptions import life
from tests.billing.subscriptions.plans import day
from tests.billing.usage.desk import HOST
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db
TOVE = person(3, "Tove Ahlgren")
BACK, REST = "proration_credit", "proration_charge"


@pytest.fixture
def reader() -> Customer:
    """A consumer in Romania: 19 and 9 %, from 1 August 2025 on 21 and 11 %."""
    return make.customer(country="RO")


@pytest.fixture
def magazine() -> Tier:
    return life.tier("Magazine", rank=1, tax_class="reduced")


@pytest.fixture
def archive() -> Tier:
    return life.tier("Archive", rank=2)


def told(of: Invoice) -> list[tuple[str, int, int, str]]:
    rows = of.lines.order_by("position")
    return [
        (x.kind, x.net_minor, x.tax_minor, f"{x.tax_rate.normalize():f}" if x.tax_rate is not None else "")
        for x in rows
    ]


def invoices(of: Subscription) -> list[Invoice]:
    return list(Invoice.objects.filter(subscription=of).order_by("pk"))


def reclass(tier: Tier, to: str, at: str) -> None:
    tier.refresh_from_db()
    words = replace(TierWords.of(tier), tax_class=to)
    catalog.edit_tier(
        tier_id=tier.pk, words=words, seen=seen_of(tier), reason="Ruling of the tax office", actor=TOVE,
        now=day(at),
    )  # fmt: skip


def test_two_classes_from_july_to_september(reader, magazine, archive):
    row = life.start("2025-07-15", life.price(magazine, 2_000), customer=reader)
    SubscriptionItem.objects.create(subscription=row, price=life.price(archive, 1_000), quantity=1)
    (first,) = invoices(row)
    assert told(first) == [("subscription", 2_000, 180, "9")]
    assert first.tax_why.endswith("Reduced rate of Romania on 2025-07-15: 9 %.")

    # The rates of August, each by its own class; one invoice, two groups, each rounded once.
    row = life.run_until(row, "2025-08-15")
    second = invoices(row)[1]
    assert told(second) == [("subscription", 2_000, 220, "11"), ("subscription", 1_000, 210, "21")]
    assert (second.net_minor, second.tax_minor, second.total_minor) == (3_000, 430, 3_430)
    assert "11 %" in second.tax_why and "21 %" in second.tax_why

    # The magazine turns out to be no publication: from the next invoice on it is at the standard rate ...
    reclass(magazine, "standard", "2025-08-20")
    plus = life.price(magazine, 4_000, version=2)
    seen = preview_change(row, price_id=plus.pk, quantity=1, when="now", now=day("2025-08-25"))
    assert (seen.total.minor, seen.tax.minor) == (1_775, 420)
    done = life.change(row, "2025-08-25", plus)
    # ... but 21 of 31 days go back at the 11 % that they were billed at: 13.55 and 1.49, 27.10 and 5.69.
    assert told(done.invoice) == [
        (BACK, -1_355, -149, "11"),
        (REST, 2_710, 569, "21"),
    ]
    assert done.invoice.total_minor == 1_775

    row = life.run_until(row, "2025-09-15")
    last = invoices(row)[-1]
    assert told(last) == [("subscription", 4_000, 840, "21"), ("subscription", 1_000, 210, "21")]
    assert [x for x in what_is_broken() if "invoice" in x or "tax" in x] == []


def test_at_home_the_whole_invoice_says_that_it_has_several_rates(magazine, archive, client):
    row = life.start("2026-03-01", life.price(magazine, 2_000), customer=make.customer(country="NL"))
    SubscriptionItem.objects.create(subscription=row, price=life.price(archive, 1_000), quantity=1)
    life.run_until(row, "2026-04-01")
    first, second = invoices(row)
    assert (first.treatment, second.treatment) == ("reduced", "")
    assert [x.treatment for x in second.lines.order_by("position")] == ["reduced", "standard"]
    assert told(second) == [("subscription", 2_000, 180, "9"), ("subscription", 1_000, 210, "21")]
    client.force_login(make.member("finance"))
    page = client.get(reverse("invoices:show", args=[second.reference])).content.decode()
    assert "Several rates" in page and "Reduced rate of the Netherlands on 2026-04-01: 9 %" in page


def test_a_second_change_takes_back_at_the_rate_of_each_line(reader, magazine):
    row = life.start("2025-08-01", life.price(magazine, 3_100), customer=reader)
    reclass(magazine, "", "2025-08-02")
    first = life.change(row, "2025-08-11", life.price(magazine, 6_200, version=2))
    # 21 of August's 31 days.
    assert told(first.invoice) == [
        (BACK, -2_100, -231, "11"),
        (REST, 4_200, 882, "21"),
    ]
    second = life.change(row, "2025-08-22", life.price(magazine, 9_300, version=3))
    # 10 days of 62.00 go back at 21 %, nothing more of the first line.
    assert told(second.invoice) == [
        (BACK, -2_000, -420, "21"),
        (REST, 3_000, 630, "21"),
    ]


def test_what_was_used_has_the_class_of_its_tier(reader, magazine):
    price = life.price(magazine, 2_000)
    usage = make.usage_price(magazine, since=day("2025-07-01"))
    row = life.start("2025-08-15", price, customer=reader)
    told_of = {"meter": usage.meter.slug, "actor": HOST, "now": day("2025-09-15")}
    record_usage(customer_id=reader.pk, quantity=Decimal(142), key="read", at=day("2025-08-20"), **told_of)
    say_reported(until=day("2025-09-15"), **told_of)

    # A dry run says the same as the billing that follows.
    run = start_dry_run(day=date(2025, 9, 15), actor=TOVE, now=day("2025-09-15"))
    run = forecast(run_id=run.pk, clock=lambda: day("2025-09-15"))
    life.run_until(row, "2025-09-15")
    made = invoices(row)[-1]
    # 42 past the included at 5 cents: 2.10; of 22.10 11 % is 2.431, rounded once.
    assert sorted(told(made)) == [("subscription", 2_000, 220, "11"), ("usage", 210, 23, "11")]
    assert run.result["sums"]["EUR"] | {"invoices": 1} == {
        "invoices": 1, "net_minor": 2_210, "tax_minor": 243, "total_minor": 2_453,
    }  # fmt: skip


def test_refunded_by_line_corrected_and_on_paper(reader, magazine, archive):
    row = life.start("2025-08-15", life.price(magazine, 2_000), customer=reader)
    SubscriptionItem.objects.create(subscription=row, price=life.price(archive, 1_000), quantity=1)
    row = life.run_until(row, "2025-09-15")
    made = invoices(row)[-1]
    paper = paper_of_invoice(invoice_by_reference(made.reference), locale="en-GB")
    assert [(each.rate, each.net, each.tax, each.gross) for each in paper.taxes] == [
        ("21%", "10.00", "2.10", "12.10"),
        ("11%", "20.00", "2.20", "22.20"),
    ]
    line = InvoiceLine.objects.get(invoice=made, position=1)
    said = {fact.label: str(fact.value) for fact in because(line, made, make.member("admin"))}
    assert said["Tax"].startswith("11") and "Reduced rate of Romania" in said["Tax rule"]

    # Half of the magazine and the whole archive: each at its own rate.
    payment = pay(made)
    back = refund(made, 1_110, 1_210, payment=payment)
    assert [(x.net_minor, x.tax_minor, x.tax_rate) for x in back.note.lines.all()] == [
        (1_000, 110, Decimal(11)),
        (1_000, 210, Decimal(21)),
    ]


def test_a_correction_keeps_the_classes_that_were_billed(reader, magazine):
    row = life.start("2025-08-15", life.price(magazine, 2_000), customer=reader)
    (made,) = invoices(row)
    reclass(magazine, "standard", "2025-08-20")
    anew = correct_and_reissue(
        invoice_id=made.pk, reason="Address was wrong", actor=TOVE, now=day("2025-08-21"), form_key=form_key()
    )
    assert told(anew.invoice) == [("subscription", 2_000, 220, "11")]
