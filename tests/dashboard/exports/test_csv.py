"""The CSV: exactly what is filtered, safe to open, tied out, and streamed."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.money import Money
from dashboard.exports.cells import at_path, cell, money_cells
from tests import make


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49 711 8119", "'+49 711 8119"),
        ("-3", "'-3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
        ("＝1", "'＝1"),
        ("Kestrel & Lowe", "Kestrel & Lowe"),
        ("a=b", "a=b"),
        (-300, "-300"),
        (Decimal("-3.50"), "-3.50"),
        (None, ""),
        (True, "yes"),
        (["vip", "=x"], "vip, =x"),
        (["=x"], "'=x"),
        (datetime(2026, 11, 18, 13, 32, tzinfo=UTC), "2026-11-18T13:32:00Z"),
        ("nul\x00byte", "nulbyte"),
    ],
)
def test_a_cell_never_runs_and_a_figure_stays_one(value: Any, written: str) -> None:
    assert cell(value) == written


@pytest.mark.parametrize(
    ("money", "cells"),
    [
        (Money(128430, "EUR"), ["1284.30", "EUR"]),
        (Money(-5, "EUR"), ["-0.05", "EUR"]),
        (Money(14800, "JPY"), ["14800", "JPY"]),
        (Money(1234, "KWD"), ["1.234", "KWD"]),
        (None, ["", ""]),
    ],
)
def test_money_is_a_plain_decimal_beside_its_currency(money: Money | None, cells: list[str]) -> None:
    assert money_cells(money) == cells


def test_a_path_ends_quietly_where_a_row_is_gone() -> None:
    assert at_path(None, "customer__identity__name") is None


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(make.member("finance"))
    return client


def rows_of(response: Any) -> list[list[str]]:
    assert response.streaming
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.django_db
def test_it_holds_what_is_filtered_and_ties_out(desk: Client) -> None:
    evil = make.customer("=HYPERLINK(1)")
    make.payment(evil, state="failed", amount_minor=1050, currency="EUR")
    make.payment(evil, state="failed", amount_minor=2000, currency="EUR")
    make.payment(evil, state="failed", amount_minor=300, currency="JPY")
    make.payment(evil, state="succeeded", amount_minor=999_999)
    response = desk.get("/payments/?view=all&state=failed&format=csv")
    assert response.headers["Content-Disposition"].startswith('attachment; filename="payments-')
    assert "no-store" in response.headers["Cache-Control"]
    header, *lines = rows_of(response)
    assert header[:6] == ["Reference", "State", "Customer", "Name", "Amount", "Amount currency"]
    body = [line for line in lines if line[0] != "Control total"]
    assert len(body) == 3
    assert {line[3] for line in body} == {"'=HYPERLINK(1)"}
    totals = {tuple(line[1:]) for line in lines if line[0] == "Control total"}
    assert ("Amount", "30.50", "EUR") in totals and ("Amount", "300", "JPY") in totals
    assert lines[-1] == ["Control total", "Rows", "3"]


@pytest.mark.django_db
def test_more_than_a_chunk_comes_whole_and_in_order(desk: Client) -> None:
    make.payments(2_350)
    lines = rows_of(desk.get("/payments/?view=all&sort=-amount&format=csv"))
    amounts = [Decimal(line[4]) for line in lines[1:] if line[0] != "Control total"]
    assert len(amounts) == 2_350
    assert amounts == sorted(amounts, reverse=True)
    assert lines[-1] == ["Control total", "Rows", "2350"]


@pytest.mark.django_db
def test_its_memory_and_queries_do_not_grow_by_the_row(desk: Client, django_assert_num_queries: Any) -> None:
    make.payments(2_100)
    response = desk.get("/payments/?view=all&format=csv")
    with django_assert_num_queries(6):
        for _ in response.streaming_content:
            pass


@pytest.mark.django_db
def test_ticked_rows_only(desk: Client) -> None:
    first, second, _third = make.payments(3)
    response = desk.get(
        "/payments/", {"format": "csv", "match": "view=all", "pick": [first.pk, second.pk, "x"]}
    )
    lines = rows_of(response)
    assert {line[0] for line in lines[1:3]} == {first.reference, second.reference}
    assert lines[-1] == ["Control total", "Rows", "2"]


@pytest.mark.django_db
def test_support_may_not_export_and_is_not_offered_it() -> None:
    client = Client()
    client.force_login(make.member("support"))
    make.payment()
    assert client.get("/payments/?format=csv").status_code == 403
    assert "format=csv" not in client.get("/payments/").content.decode()
