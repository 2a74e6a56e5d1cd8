"""Why this amount: what a line kept of its sums, its discount, its tax and what it takes back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.invoices.composing import TakenBack
from billing.invoices.issuing import write_invoices
from billing.invoices.pending import add_pending
from billing.models import Invoice, InvoiceLine
from dashboard.invoices.explaining import evidence_of
from dashboard.invoices.why import because
from tests import make
from tests.billing.invoices.orders import RUN, buyer, credit, order, piece

PRORATED = {
    "whole_minor": 2900, "whole": ["2026-11-01T00:00:00+00:00", "2026-12-01T00:00:00+00:00"],
    "basis": "day", "share": "13/30", "because": "tier changed", "given_before_minor": 100,
    "tax": {"rate": "19", "treatment": "oss", "country": "DE", "rule": "A consumer in Germany: taxed there."},
}  # fmt: skip


def said(why: dict[str, Any], **more: Any) -> dict[str, tuple[Any, str]]:
    invoice = Invoice(currency="EUR", gateway="", bill_to={}, tax_point=date(2026, 11, 18))
    fields = {"description": "x", "quantity": Decimal(1), "net_minor": 1257, "tax_minor": 239,
              "tax_rate": Decimal(19), "treatment": "oss", "why": why, **more}  # fmt: skip
    return {fact.label: (fact.value, fact.note) for fact in because(InvoiceLine(**fields), invoice)}


def test_a_prorated_line_shows_its_whole_sum() -> None:
    told = said(PRORATED, is_proration=True)
    assert told["Whole period"] == ("1 Nov 2026 – 1 Dec 2026", "at 29.00 EUR")
    assert told["Prorated"] == ("29.00 EUR × 13/30 = 12.57 EUR", "by the day")
    assert told["Given back before"][0] == "1.00 EUR" and told["Because of"][0] == "tier changed"
    assert told["Tax"] == (
        "19 % of 12.57 EUR = 2.39 EUR", "rate of the customer's country, by the one-stop-shop"
    )  # fmt: skip
    assert told["Tax rule"][0] == "A consumer in Germany: taxed there."
    assert told["By the law of"][0] == date(2026, 11, 18)


def test_a_share_of_seconds_is_told_in_percent_too() -> None:
    told = said({**PRORATED, "basis": "second", "share": "1425601/2592000"}, net_minor=1595)
    assert told["Prorated"] == ("29.00 EUR × 55.00 % (1,425,601/2,592,000) = 15.95 EUR", "by the second")


def test_what_is_taken_back_names_its_invoice_and_rate() -> None:
    told = said(PRORATED, net_minor=-1257, tax_minor=-239, takes_back_number="INV-2025-000088")
    assert told["Takes back"] == ("INV-2025-000088", "at 19 %, as it was billed there")
    assert told["Prorated"][0] == "−29.00 EUR × 13/30 = −12.57 EUR"
    assert "By the law of" not in told


def test_a_discount_a_part_and_included_tax_are_said() -> None:
    told = said({"discount_minor": 300, "part_of_minor": -5000, "package": "ten-thousand",
                 "tax": {"inclusive": True}}, unit_amount_minor=Decimal(2900))  # fmt: skip
    assert told["Quantity"][0] == "1 × 29.00 EUR = 29.00 EUR"
    assert told["Discount"] == ("−3.00 EUR", "off the price of a whole period")
    assert told["Part of"][0] == "−50.00 EUR" and told["Package"][0] == "ten-thousand"
    assert told["Tax included"][0] == "14.96 EUR"


def test_what_decided_the_tax_of_a_consumer_is_shown() -> None:
    at = datetime(2026, 11, 3, tzinfo=UTC).isoformat()
    held = {"vat_number": "none", "country": "DE", "verdict": "agrees",
            "pieces": [{"kind": "billing_address", "country": "DE"},
                       {"kind": "card", "country": "DE", "seen_at": at}]}  # fmt: skip
    rows = {
        fact.label: (fact.value, fact.note) for fact in evidence_of(Invoice(evidence=held, tax_why="So."))
    }
    assert rows["Decided"][0] == "So." and rows["Billing address"] == ("Germany", "")
    assert rows["Card's country"] == ("Germany", "seen 3 Nov 2026")
    assert "two pieces or more" in rows["Together"][0]
    assert evidence_of(Invoice()) == []


@pytest.mark.django_db
def test_the_page_of_an_invoice_that_was_written_says_all_of_it(client: Client) -> None:
    client.force_login(make.member("support"))
    customer = buyer("DE")
    (first,) = write_invoices([order(customer)], actor=RUN, now=timezone.now())
    line = first.lines.get()
    back = TakenBack(line.tax_rate, line.treatment, first.label, line.pk)
    both = order(customer, piece(9900), credit(700, takes_back=back, why=PRORATED))
    (second,) = write_invoices([both], actor=RUN, now=timezone.now())
    told_now = {"subscription_id": None, "currency": "EUR", "actor": RUN, "now": timezone.now()}
    add_pending([piece(500, kind="one_off", description="Training")], customer_id=customer.pk, cause="t",
                **told_now)  # fmt: skip
    page = " ".join(client.get(f"/invoices/{second.reference}/").content.decode().split())
    assert f'href="/invoices/{first.reference}/"' in page and "as it was billed there" in page
    assert "Why this tax" in page and "A consumer in Germany" in page
    assert "Waits for the next invoice" in page and "Training" in page


@pytest.mark.django_db
def test_many_lines_that_take_back_cost_what_one_costs(client: Client) -> None:
    client.force_login(make.member("support"))
    customer = buyer("DE")
    (first,) = write_invoices([order(customer)], actor=RUN, now=timezone.now())
    line = first.lines.get()
    back = TakenBack(line.tax_rate, line.treatment, first.label, line.pk)
    counts = []
    for many in (1, 12):
        pieces = [piece(9900), *[credit(10, takes_back=back) for _ in range(many)]]
        (made,) = write_invoices([order(customer, *pieces)], actor=RUN, now=timezone.now())
        client.get(f"/invoices/{made.reference}/")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"/invoices/{made.reference}/")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_line_of_usage_says_what_was_used_included_and_costs() -> None:
    why = {"meter": "api-calls", "used": "142.000000", "included": 100, "each": "0.05 EUR", "per_units": 1,
           "usage_price": 7}  # fmt: skip
    told = said(why, kind="usage", quantity=Decimal(42), unit_amount_minor=Decimal(5), net_minor=210)
    assert told["Price"] == ("0.05 EUR for each unit of api-calls", "142 used, the first 100 included")
    assert told["Quantity"][0] == "42 × 0.05 EUR = 2.10 EUR"
    dear = said({**why, "each": "9.00 EUR", "per_units": 1_000}, kind="usage", net_minor=210)
    assert dear["Price"][0] == "9.00 EUR for each 1,000 units of api-calls"
    assert not {"Usage price", "Per units", "Used", "Each"} & set(told)
