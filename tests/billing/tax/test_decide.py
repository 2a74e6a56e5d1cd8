"""Who is charged which country's VAT, on which day."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from billing.errors import InvalidInput
from billing.tax.places import Place, place_of, rate_in
from billing.tax.rules import Buyer, Seller, decide

RO = Seller("RO")
TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("seller", "buyer", "on", "country", "rate", "treatment"),
    [
        (RO, Buyer("RO"), date(2025, 7, 31), "RO", "19", "standard"),
        (RO, Buyer("RO"), date(2025, 8, 1), "RO", "21", "standard"),
        (RO, Buyer("RO", is_business=True), date(2025, 8, 1), "RO", "21", "standard"),
        (RO, Buyer("DE"), date(2020, 6, 30), "DE", "19", "oss"),
        (RO, Buyer("DE"), date(2020, 7, 1), "DE", "16", "oss"),
        (RO, Buyer("FI"), date(2024, 9, 1), "FI", "25.5", "oss"),
        (RO, Buyer("DE", is_business=True), TODAY, "DE", "0", "reverse_charge"),
        (RO, Buyer("EL", is_business=True), TODAY, "GR", "0", "reverse_charge"),
        (Seller("RO", oss=False), Buyer("DE"), TODAY, "RO", "21", "standard"),
        (RO, Buyer("DE"), date(2014, 12, 31), "RO", "24", "standard"),
        (RO, Buyer("US"), TODAY, "US", None, "export"),
        (RO, Buyer("CH", is_business=True), TODAY, "CH", None, "export"),
        (RO, Buyer("GB"), date(2020, 12, 31), "GB", "20", "oss"),
        (RO, Buyer("GB", is_business=True), date(2020, 12, 31), "GB", "0", "reverse_charge"),
        (RO, Buyer("GB"), date(2021, 1, 1), "GB", None, "export"),
        (Seller("RO", registered=False), Buyer("DE"), TODAY, "RO", None, "exempt"),
        (Seller("RO", supplies="reduced"), Buyer("RO"), date(2025, 8, 1), "RO", "11", "reduced"),
        (Seller("RO", supplies="reduced"), Buyer("DE"), TODAY, "DE", "7", "oss"),
        # Denmark has no reduced rate.
        (Seller("DK", supplies="reduced"), Buyer("DK"), TODAY, "DK", "25", "standard"),
        # Territories.
        (RO, Buyer("ES", postal_code="35001"), TODAY, "ES", None, "export"),
        (RO, Buyer("ES", postal_code="38670", is_business=True), TODAY, "ES", None, "export"),
        (Seller("ES"), Buyer("ES", postal_code="38670"), TODAY, "ES", None, "export"),
        (RO, Buyer("ES", postal_code="51001"), TODAY, "ES", None, "export"),
        (RO, Buyer("ES", postal_code="28001"), TODAY, "ES", "21", "oss"),
        (RO, Buyer("IC"), TODAY, "ES", None, "export"),
        (RO, Buyer("IT", postal_code="22061"), TODAY, "IT", None, "export"),
        (RO, Buyer("IT", postal_code="I-23041"), TODAY, "IT", None, "export"),
        (RO, Buyer("IT", postal_code="20121"), TODAY, "IT", "22", "oss"),
        (RO, Buyer("FI", postal_code="22100"), TODAY, "FI", None, "export"),
        (RO, Buyer("AX"), TODAY, "FI", None, "export"),
        (RO, Buyer("DE", postal_code="78266"), TODAY, "DE", None, "export"),
        (RO, Buyer("PT", postal_code="9000-012"), TODAY, "PT", "22", "oss"),
        (RO, Buyer("PT", postal_code="9500-150"), date(2021, 6, 30), "PT", "18", "oss"),
        (RO, Buyer("PT", postal_code="9500-150"), date(2021, 7, 1), "PT", "16", "oss"),
        (RO, Buyer("PT", postal_code="1000-001"), TODAY, "PT", "23", "oss"),
        (Seller("PT"), Buyer("PT", postal_code="9000-012"), TODAY, "PT", "22", "standard"),
        (RO, Buyer("AT", postal_code="6691"), TODAY, "AT", "19", "oss"),
        (RO, Buyer("MC"), TODAY, "FR", "20", "oss"),
        (RO, Buyer("MC", is_business=True), TODAY, "FR", "0", "reverse_charge"),
        (RO, Buyer("RE"), TODAY, "FR", None, "export"),
        (RO, Buyer("FR", postal_code="97400"), TODAY, "FR", None, "export"),
        # Of the overseas departments, three bear French VAT at rates of their own, from French sellers alone.
        (Seller("FR"), Buyer("FR", postal_code="97400"), TODAY, "FR", "8.5", "standard"),
        (Seller("FR"), Buyer("GP", is_business=True), TODAY, "FR", "8.5", "standard"),
        (Seller("FR", supplies="reduced"), Buyer("MQ"), TODAY, "FR", "2.1", "reduced"),
        (Seller("FR"), Buyer("FR", postal_code="97133"), TODAY, "FR", None, "export"),
        (Seller("FR"), Buyer("FR", postal_code="97300"), TODAY, "FR", None, "export"),
        (Seller("FR"), Buyer("YT"), TODAY, "FR", None, "export"),
        (Seller("FR"), Buyer("FR", postal_code="75001"), TODAY, "FR", "20", "standard"),
        (Seller("IT"), Buyer("IT", postal_code="23041"), TODAY, "IT", None, "export"),
        (RO, Buyer("DE", postal_code="27498"), TODAY, "DE", None, "export"),
        (RO, Buyer("GR", postal_code="63086"), TODAY, "GR", None, "export"),
        (RO, Buyer("ES", postal_code="52001"), TODAY, "ES", None, "export"),
        # What is supplied electronically is not carried out on the islands.
        (RO, Buyer("GR", postal_code="811 00"), TODAY, "GR", "24", "oss"),
        (Seller("GR"), Buyer("GR", postal_code="85300"), TODAY, "GR", "24", "standard"),
        (RO, Buyer("GB", postal_code="BT1 5GS", is_business=True), TODAY, "GB", None, "export"),
        (RO, Buyer("XI", is_business=True), TODAY, "GB", None, "export"),
        (Seller("GB"), Buyer("GB", postal_code="BT1 5GS"), TODAY, "GB", "20", "standard"),
        # Sellers outside of the EU.
        (Seller("GB"), Buyer("DE"), TODAY, "DE", "19", "oss"),
        (Seller("GB", oss=False), Buyer("DE"), TODAY, "DE", None, "export"),
        (Seller("CH"), Buyer("CH"), date(2024, 1, 1), "CH", "8.1", "standard"),
        (Seller("CH"), Buyer("DE", is_business=True), TODAY, "DE", None, "export"),
    ],
)
def test_decisions(seller, buyer, on, country, rate, treatment):
    made = decide(seller, buyer, on)

    assert (made.country, made.rate, made.treatment) == (
        country, None if rate is None else Decimal(rate), treatment,
    )  # fmt: skip
    assert made.why.endswith(".") and len(made.why) <= 300


@pytest.mark.parametrize(
    ("country", "sentence"),
    [("", "Country: this customer has none"), (" ", "Country: this"), ("QQ", "Country: QQ is no country")],
)
def test_a_customer_without_a_country_is_refused_by_a_sentence(country, sentence):
    with pytest.raises(InvalidInput) as refused:
        decide(RO, Buyer(country), TODAY)
    assert refused.value.sentence.startswith(sentence)
    assert refused.value.field == "country"


def test_the_sentence_says_the_rate_and_its_day():
    why = decide(RO, Buyer("RO"), date(2025, 8, 1)).why
    assert why == "Sold within Romania. Standard rate of Romania on 2025-08-01: 21 %."
    assert "Northern Ireland" in decide(RO, Buyer("XI"), TODAY).why


DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "vat"


@pytest.mark.skipif(not DATA.exists(), reason="the examples lie beside a checkout only")
def test_every_example_of_a_treatment():
    # Their rates are those of one later day, for whatever day is asked: who is charged where is compared.
    rows = json.loads((DATA / "treatment.json").read_text())["rows"]
    charged = {"reverse_charge": "reverse_charge", "export": "no_charge"}
    alias = {"EL": "GR"}
    wrong = []
    for row in rows:
        on = date.fromisoformat(row["date"])
        made = decide(Seller(row["seller"]), Buyer(row["buyer"], row["buyer_is_business"]), on)
        told = (charged.get(made.treatment, "charge"), made.country)
        if told != (row["action"], alias.get(row["vat_country"], row["vat_country"])):
            wrong.append((row, told))
        if (row["action"] == "charge") != bool(made.rate):
            wrong.append((row, made))
    assert len(rows) > 100
    assert wrong == []


@pytest.mark.skipif(not DATA.exists(), reason="the examples lie beside a checkout only")
def test_every_example_of_a_standard_rate():
    rows = json.loads((DATA / "standard_rate_history.json").read_text())["rows"]
    wrong = []
    for row in rows:
        since = row["from"]
        if since.startswith("0000"):
            later = [r["from"] for r in rows if r["country"] == row["country"] and r["from"] > since]
            on = date.fromisoformat(min(later)) - timedelta(days=1) if later else date(2020, 1, 1)
        else:
            on = date.fromisoformat(since)
        rate, _ = rate_in(place_of(row["country"]), on)
        if rate != Decimal(str(row["standard"])):
            wrong.append((row, on, rate))
    assert len(rows) > 50
    assert wrong == []


def test_rates_that_are_not_known_are_a_sentence():
    with pytest.raises(InvalidInput, match="rates of VAT in Brazil are not known"):
        decide(Seller("BR"), Buyer("BR"), TODAY)
    with pytest.raises(InvalidInput):
        rate_in(Place("BR", "Brazil"), TODAY)
