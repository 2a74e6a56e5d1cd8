"""The overview: its cards, their rows, and what happens when one of them fails."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.demo.writing import write
from billing.models import Dispute, Refund
from dashboard.overview import cards
from dashboard.overview.needs import needs
from dashboard.staff.demo import make_demo_members
from tests.billing.demo.halden import small

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client):
    member = next(m for m in make_demo_members() if str(m) == "Ines Marchetti")
    client.force_login(member)
    return member


@pytest.fixture
def halden(db):
    write(small(customers=60))


def test_an_empty_desk_says_what_will_stand_here(client, finance):
    page = client.get("/").content.decode()
    assert "Nothing waits for a person" in page
    assert "No recurring revenue yet" in page
    assert "0.0<abbr>%" not in page, "what is not known is not zero"


def test_whoever_is_not_signed_in_is_sent_to_do_so(client):
    assert client.get("/").status_code == 302


def test_cards_stand_on_the_page(client, finance, halden):
    page = client.get("/").content.decode()
    for name in cards.TITLES:
        assert f'id="card-{name}"' in page
    assert "unknown for now" not in page


@pytest.mark.parametrize("name", list(cards.TITLES))
@pytest.mark.parametrize("error", [DatabaseError("gone"), ZeroDivisionError(), KeyError("x")])
def test_a_card_that_fails_leaves_the_rest(client, finance, halden, monkeypatch, name, error):
    def fail(request, what):
        raise error

    monkeypatch.setitem(cards.CARDS, name, fail)
    answer = client.get("/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count("unknown for now") == 1
    assert reverse("overview_card", args=[name]) in page
    for other in set(cards.TITLES) - {name}:
        assert f'id="card-{other}"' in page


def test_a_broken_query_does_not_break_the_transaction_of_the_others(client, finance, halden, monkeypatch):
    def fail(request, what):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    monkeypatch.setitem(cards.CARDS, "needs", fail)
    page = client.get("/").content.decode()
    assert page.count("unknown for now") == 1
    assert "MRR" in page


def test_try_again_puts_the_card_in_its_place(client, finance, halden):
    answer = client.get(reverse("overview_card", args=["health"]), headers={"HX-Request": "true"})
    assert answer["HX-Retarget"] == "#card-health"
    assert answer.content.decode().strip().startswith("<section")
    assert client.get(reverse("overview_card", args=["health"])).status_code == 302
    assert client.get(reverse("overview_card", args=["no-such"])).status_code == 404


def test_the_number_of_questions_does_not_grow(client, finance, halden):
    client.get("/")
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    for n in range(60):
        refund = Refund.objects.filter(state="pending_approval").first()
        dispute = Dispute.objects.filter(state="needs_response").first()
        refund.pk, refund.reference, refund.form_key = None, f"REF-20261118-{n:08d}", None
        refund.amount_minor, refund.origin, refund.gateway_id = 1, "gateway", ""
        refund.save()
        dispute.pk, dispute.reference, dispute.gateway_id = None, f"DSP-20261118-{n:08d}", ""
        dispute.save()
    with CaptureQueriesContext(connection) as many:
        client.get("/")
    assert len(many) == len(few)


def test_each_need_leads_to_its_rows_and_counts_them(finance, halden):
    now = datetime(2026, 11, 18, tzinfo=UTC)
    found = {need.key: need for need in needs(finance, now)}
    assert {"failed", "external", "stuck", "customer", "approval", "disputes", "webhooks"} <= set(found)
    waiting = Refund.objects.filter(state="pending_approval")
    assert found["approval"].count == waiting.count()
    assert sum(m.minor for m in found["approval"].amounts) == sum(r.amount_minor for r in waiting)
    assert found["approval"].url.endswith("state=pending_approval")


def test_an_overdue_dispute_is_the_gravest(finance, halden):
    Dispute.objects.filter(state="needs_response").update(evidence_due_at=datetime(2026, 11, 1, tzinfo=UTC))
    found = {n.key: n for n in needs(finance, datetime(2026, 11, 18, tzinfo=UTC))}
    assert (found["disputes"].tone, found["disputes"].when) == ("bad", "overdue")


@pytest.mark.parametrize("query", ["currency=XYZ", "period=never", "currency=GBP&period=last", "table=mrr"])
def test_what_the_address_asks_for_is_read_with_care(client, finance, halden, query):
    assert client.get(f"/?{query}").status_code == 200


def test_movements_open_into_rows_that_add_up(client, finance, halden):
    url = reverse("overview_movements") + "?currency=EUR&kind=new&from=2024-01-01&to=2026-12-31"
    answer = client.get(url)
    assert answer.status_code == 200
    rows = answer.context["rows"]
    assert answer.context["count"] == len(rows) or answer.context["older"]
    seen, older = [row.pk for row, _ in rows], answer.context["older"]
    while older:
        answer = client.get(older)
        seen += [row.pk for row, _ in answer.context["rows"]]
        older = answer.context["older"]
    assert len(seen) == len(set(seen)) == answer.context["count"]


@pytest.mark.parametrize("period", ["month", "30d", "last"])
def test_each_tile_opens_into_the_rows_that_it_is_the_sum_of(client, finance, halden, period):
    """Follow the tile, then each of its parts, and add up what stands on the pages."""
    overview = client.get(f"/?period={period}&currency=EUR").content.decode()
    page = client.get(reverse("overview_counted") + f"?period={period}&currency=EUR")
    followed = 0
    for figure, _, parts in page.context["figures"]:
        tile = (
            parts[0][1]
            if len(parts) == 1
            else f"{reverse('overview_counted')}?currency=EUR&amp;period={period}#{figure.key}"
        )
        assert tile.replace("&amp;", "&").replace("&", "&amp;") in overview, figure.key
        for part, url in parts:
            count, minor = 0, 0
            while url:
                rows = client.get(url)
                assert rows.status_code == 200
                count += len(rows.context["lines"])
                minor += sum(line.minor for line in rows.context["lines"])
                told = rows.context["minor"] if part.currency else rows.context["count"]
                assert told == part.amount, (figure.key, part.label)
                url = rows.context["older"]
            assert (minor if part.currency else count) == part.amount, (figure.key, part.label)
            followed += 1
    assert followed == 14


def test_each_name_in_the_legend_opens_into_its_movements(client, finance, halden):
    card = client.get("/?currency=EUR&period=30d&table=mrr")
    links = set(
        re.findall(
            r'href="(/overview/movements/[^"]+)"[^>]*>(?:[A-Z][a-z]+ )?(?:<b[^>]*>)?([^<]+)',
            card.content.decode(),
        )
    )
    assert len(links) > 20
    for url, text in links:
        assert client.get(html.unescape(url)).context["sum"] == text.strip(), url


def test_rows_behind_nothing_are_not_found(client, finance):
    assert client.get(reverse("overview_rows", args=["no-such"])).status_code == 404
    assert "No rows in this time" in client.get(reverse("overview_rows", args=["failed"])).content.decode()


def test_counted_tells_every_definition(client, finance, halden):
    page = client.get(reverse("overview_counted")).content.decode()
    assert page.count("<section") == 8


def test_a_get_writes_nothing(client, finance, halden):
    client.get("/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/")
    written = [q["sql"] for q in asked if q["sql"].split()[0].upper() in {"INSERT", "UPDATE", "DELETE"}]
    # That a session was seen is the sign-in's own bookkeeping.
    assert not [sql for sql in written if "usersessions_usersession" not in sql]


def test_age_is_told_in_its_largest_unit():
    from dashboard.overview.needs import age

    now = datetime(2026, 11, 18, 9, tzinfo=UTC)
    told = [age(now - passed, now) for passed in (timedelta(days=2, hours=3), timedelta(hours=3),
                                                  timedelta(minutes=11), timedelta(seconds=5))]  # fmt: skip
    assert told == ["2 d", "3 h", "11 min", "now"]
