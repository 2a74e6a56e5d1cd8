"""Trials on the screen: the list, what they share, how many went on, and each figure opens into its rows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.models import TrialCluster, TrialStart
from dashboard.fetching import take_blocked
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("support"))
    return client


def told(desk: Client, url: str) -> str:
    answer = desk.get(url)
    assert answer.status_code == 200, url
    return " ".join(answer.content.decode().split())


def sharing(kind: str = "card", count: int = 2) -> tuple[TrialCluster, list[TrialStart]]:
    at = make.NOW
    cluster = TrialCluster.objects.create(kind=kind, hash=f"{make.serial():064x}", first_at=at, last_at=at)
    trials = [make.trial(started_at=at, state="converted" if n else "started") for n in range(count)]
    for each in trials:
        make.mark(each, cluster)
    return cluster, trials


def test_the_list_shows_each_trial_and_fetches_nothing_row_by_row(desk: Client) -> None:
    _, trials = sharing(count=3)
    take_blocked()
    page = told(desk, "/trials/?view=all")
    assert take_blocked() == [] and all(each.reference in page for each in trials)
    running = told(desk, "/trials/?view=running&state=started")
    assert trials[0].reference in running and trials[1].reference not in running
    assert desk.get("/trials/?view=all&format=csv").status_code in (200, 403)


def test_a_cluster_opens_into_its_trials(desk: Client) -> None:
    cluster, trials = sharing()
    other = make.trial()
    listed = told(desk, "/trials/clusters/")
    assert f"/trials/clusters/{cluster.pk}/" in listed
    page = told(desk, f"/trials/clusters/{cluster.pk}/")
    assert all(each.reference in page for each in trials) and other.reference not in page
    rows = told(desk, f"/trials/?view=all&cluster={cluster.pk}")
    assert all(each.reference in rows for each in trials) and other.reference not in rows
    assert "There is no such cluster any more" in told(desk, "/trials/?view=all&cluster=999999")


def test_what_only_one_trial_has_is_no_cluster(desk: Client) -> None:
    trial = make.trial()
    assert "No two trials have anything in common" in told(desk, "/trials/clusters/")
    assert "/trials/clusters/" in told(desk, "/trials/?view=all")
    page = told(desk, f"/trials/{trial.reference}/")
    assert f"/trials/clusters/{trial.marks.get().cluster_id}/" not in page


def test_a_trial_says_that_another_has_the_same_card(desk: Client) -> None:
    cluster, trials = sharing()
    page = told(desk, f"/trials/{trials[0].reference}/")
    assert "Another trial has the same card" in page and f"/trials/clusters/{cluster.pk}/" in page
    assert cluster.hash not in page and cluster.hash[:8] in page


def test_conversion_opens_into_its_rows(desk: Client) -> None:
    _, trials = sharing(count=3)
    TrialStart.objects.update(started_at=timezone.now())
    page = told(desk, "/trials/conversion/")
    assert "100.0 %" in page and "2 of 2 decided" in page
    day = timezone.localdate().replace(day=1).isoformat()
    assert f"started_from={day}" in page and "state=converted" in page
    rows = told(desk, f"/trials/?view=all&started_from={day}&state=converted")
    assert trials[1].reference in rows and trials[0].reference not in rows


@pytest.mark.parametrize(
    "place", ["/trials/?view=all", "/trials/clusters/", "cluster", "trial", "/trials/conversion/"]
)
def test_more_rows_cost_no_more_queries(desk: Client, place: str) -> None:
    cluster, trials = sharing()
    at = {"cluster": f"/trials/clusters/{cluster.pk}/", "trial": f"/trials/{trials[0].reference}/"}
    url = at.get(place, place)
    told(desk, url)
    with CaptureQueriesContext(connection) as few:
        told(desk, url)
    for _ in range(4):
        more = make.trial(started_at=make.NOW)
        make.mark(more, cluster)
        make.mark(trials[0])
        sharing("device")
    with CaptureQueriesContext(connection) as many:
        told(desk, url)
    assert len(many) <= len(few)


def test_what_is_not_there_and_who_may(client: Client) -> None:
    client.force_login(make.member("auditor"))
    assert client.get("/trials/TRI-00000000/").status_code == 404
    assert client.get("/trials/clusters/0/").status_code == 404
    client.force_login(make.member(""))
    assert client.get("/trials/").status_code == client.get("/trials/clusters/").status_code == 403


def test_a_customer_who_was_erased(desk: Client) -> None:
    trial = make.trial()
    trial.customer.identity.delete()
    assert "(erased)" in told(desk, f"/trials/{trial.reference}/")
