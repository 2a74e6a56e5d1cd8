"""Commitments on the screen: the state of the watch, the preview of a cancellation, and what is done."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.ids import form_key
from billing.models import Commitment, Subscription
from dashboard.fetching import take_blocked
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def told(desk: Client, url: str) -> str:
    answer = desk.get(url)
    assert answer.status_code == 200, url
    return " ".join(answer.content.decode().split())


def do(desk: Client, url: str, **data: Any) -> Any:
    return desk.post(url, {"form_key": form_key(), "reason": "As they asked", **data})


def running(**more: Any) -> Subscription:
    now = timezone.now().replace(microsecond=0)
    return make.subscription(anchor_at=now, current_period_start=now, created_at=now, **more)


def agreed(desk: Client, **more: Any) -> Commitment:
    row = running(**more)
    answer = do(desk, f"/commitments/of/{row.reference}/", months="12")
    assert answer.status_code == 302
    return Commitment.objects.get(subscription=row)


def test_agreeing_tells_the_term_before_it_binds(desk: Client) -> None:
    row = running()
    page = told(desk, f"/commitments/of/{row.reference}/")
    assert "The term runs from" in page and "takes effect at its end" in page
    made = agreed(desk)
    assert f"{made.ends_on:%Y}" in told(desk, f"/commitments/{made.reference}/")


def test_a_subscription_that_ended_takes_no_term(desk: Client) -> None:
    row = running(state="canceled")
    assert "there is no term to agree on" in told(desk, f"/commitments/of/{row.reference}/")
    assert do(desk, f"/commitments/of/{row.reference}/", months="12").status_code == 422
    assert desk.get("/commitments/of/SUB-00000000/").status_code == 404


def test_canceling_previews_when_it_takes_effect_and_then_does(desk: Client) -> None:
    made = agreed(desk)
    url = f"/commitments/{made.reference}/cancellation/"
    page = told(desk, url)
    assert "Takes effect on" in page and str(made.ends_on.year) in page
    assert "read back" not in page, "what we collect needs no gateway"
    assert do(desk, url, asked_by="customer").status_code == 302
    made.refresh_from_db()
    assert (made.state, made.cancel_asked_by) == ("confirmed", "customer")
    shown = told(desk, f"/commitments/{made.reference}/")
    assert "It was canceled and ends on" in shown and "Our billing run ends it on" in shown
    assert do(desk, f"/commitments/{made.reference}/keeping/").status_code == 302
    made.refresh_from_db()
    assert made.state == "agreed"


def test_a_gateway_s_is_set_there_and_the_page_says_so(desk: Client) -> None:
    made = agreed(desk, collected_by="gateway", gateway="sandbox", gateway_id="sbx_sub_1")
    assert "Cancel it here, not at the gateway" in told(desk, f"/commitments/{made.reference}/")
    assert "The end is set at Sandbox too, and read back" in told(
        desk, f"/commitments/{made.reference}/cancellation/"
    )
    do(desk, f"/commitments/{made.reference}/cancellation/", asked_by="staff")
    assert "is being set at Sandbox" in told(desk, f"/commitments/{made.reference}/")


def test_one_at_risk_is_told_and_can_be_set_again(desk: Client) -> None:
    made = make.commitment(state="at_risk", found="Stripe has no end for it any more.")
    page = told(desk, f"/commitments/{made.reference}/")
    assert "It may bill beyond" in page and "Stripe has no end for it any more." in page
    assert f"/commitments/{made.reference}/end/" in page
    assert do(desk, f"/commitments/{made.reference}/end/").status_code == 302
    made.refresh_from_db()
    assert made.state == "confirmed"
    assert do(desk, f"/commitments/{made.reference}/end/").status_code == 422


def test_releasing(desk: Client) -> None:
    made = agreed(desk)
    assert "Nothing binds the customer any more" in told(desk, f"/commitments/{made.reference}/release/")
    do(desk, f"/commitments/{made.reference}/release/")
    made.refresh_from_db()
    assert made.state == "released"
    assert "cancellation/" not in told(desk, f"/commitments/{made.reference}/")


def test_the_list_its_peek_and_its_order(desk: Client) -> None:
    rows = [make.commitment(ends_at=make.NOW.replace(year=2029 - n)) for n in range(3)]
    take_blocked()
    page = told(desk, f"/commitments/?view=all&peek={rows[0].reference}")
    assert take_blocked() == [] and "What happened" in page
    places = [page.index(f'data-row="{each.reference}"') for each in reversed(rows)]
    assert places == sorted(places), "the soonest first"
    risk = make.commitment(state="at_risk")
    only = told(desk, "/commitments/?view=risk&state=at_risk")
    assert risk.reference in only and rows[0].reference not in only


def test_more_rows_cost_no_more_queries(desk: Client) -> None:
    make.commitment()
    told(desk, "/commitments/?view=all")
    with CaptureQueriesContext(connection) as few:
        told(desk, "/commitments/?view=all")
    for _ in range(5):
        make.commitment()
    with CaptureQueriesContext(connection) as many:
        told(desk, "/commitments/?view=all")
    assert len(many) <= len(few)


def test_who_may(client: Client) -> None:
    made = make.commitment()
    client.force_login(make.member("auditor"))
    assert "Your role may not do this" in told(client, f"/commitments/{made.reference}/")
    assert client.get(f"/commitments/{made.reference}/release/").status_code == 403
    assert client.get("/commitments/COM-00000000/").status_code == 404
    client.force_login(make.member(""))
    assert client.get("/commitments/").status_code == 403
