"""A bulk action: asked with its count, started once, a result for each row."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.ids import form_key
from billing.jobs.models import Run
from billing.jobs.services import do_run
from tests import make

pytestmark = pytest.mark.django_db

ASK = "/lists/payments/bulk/tag/"


def post(client: Client, query: str, count: int, **more: Any) -> Any:
    data = {"tag": "Key Account", "form_key": form_key(), "shown_count": str(count), **more}
    return client.post(f"{ASK}?{query}", data)


def test_ticked_rows_get_a_result_each(desk: Client) -> None:
    first, second = make.payment(), make.payment()
    third = make.payment(first.customer)
    make.payment()
    page = desk.get(f"{ASK}?pick={first.pk}&pick={second.pk}&pick={third.pk}")
    assert "3 payments" in page.content.decode()
    response = post(desk, f"pick={first.pk}&pick={second.pk}&pick={third.pk}", 3)
    run = Run.objects.get()
    assert response.headers["Location"] == f"/runs/{run.pk}/"
    assert (run.state, run.total) == ("queued", 3)
    do_run(run_id=run.pk, clock=timezone.now)
    run.refresh_from_db()
    assert (run.state, run.done, run.failed) == ("done", 3, 0)
    first.customer.refresh_from_db()
    assert first.customer.tags == ["key account"]
    results = list(run.rows.order_by("pk").values_list("ok", "message"))
    assert all(ok for ok, _ in results)
    assert "had the tag" in results[2][1]
    assert "key account" in desk.get(f"/runs/{run.pk}/").content.decode()


def test_all_that_match_is_counted_and_confirmed(desk: Client) -> None:
    make.payments(60, states=("failed",))
    make.payments(5)
    query = "all=1&match=view%3Dall%26state%3Dfailed"
    assert "60 payments, all that match" in desk.get(f"{ASK}?{query}").content.decode()
    make.payment(state="failed")
    late = post(desk, query, 60)
    assert late.status_code == 422
    assert "61 payments match by now" in late.content.decode()
    assert not Run.objects.exists()
    post(desk, query, 61)
    assert Run.objects.get().total == 61


def test_more_than_the_cap_is_refused(desk: Client) -> None:
    from dashboard.payments.screen import PAYMENTS

    action = next(each for each in PAYMENTS.bulk if each.name == "tag")
    object.__setattr__(action, "most", 10)
    try:
        make.payments(11)
        response = post(desk, "all=1&match=view%3Dall", 11)
        assert response.status_code == 422
        assert "More than 10 payments match" in response.content.decode()
    finally:
        object.__setattr__(action, "most", 5_000)


def test_the_same_form_twice_starts_one_run(desk: Client) -> None:
    payment = make.payment()
    key = form_key()
    for _ in range(2):
        post(desk, f"pick={payment.pk}", 1, form_key=key)
    assert Run.objects.count() == 1


def test_what_is_wrong_comes_back_as_typed(desk: Client) -> None:
    payment = make.payment()
    response = post(desk, f"pick={payment.pk}", 1, tag="<script>")
    assert response.status_code == 422
    assert "Tag: up to 40 letters" in response.content.decode()
    assert "&lt;script&gt;" in response.content.decode()
    assert post(desk, "", 0).status_code == 422
    assert post(desk, "pick=999999999", 1).status_code == 422


def test_the_effects_are_told_and_nothing_is_done(desk: Client) -> None:
    payment = make.payment()
    headers = {"HX-Request": "true", "HX-Target": "effects"}
    response = desk.post(f"{ASK}?pick={payment.pk}", {"tag": "vip"}, headers=headers)
    assert response.status_code == 200
    assert "get the tag “vip”" in response.content.decode()
    assert not Run.objects.exists()


def test_an_auditor_may_not() -> None:
    client = Client()
    client.force_login(make.member("auditor"))
    assert client.get(ASK).status_code == 403
    make.payment()
    assert "data-bulk" not in client.get("/payments/").content.decode()
