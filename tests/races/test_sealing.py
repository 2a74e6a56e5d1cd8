"""The sealer cannot pass over a row that commits late, and two sealers cannot fork the chain."""

from unittest.mock import patch

import pytest
from django.db import connection

from billing.audit.services import seal
from billing.audit.verifying import verify
from billing.models import AuditSeal
from tests import make
from tests.billing.audit.trail import NOW, horizon_of_this_database, other_connection, sealed, tag
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _alone_on_the_server(monkeypatch) -> None:
    monkeypatch.setattr("billing.audit.services.horizon", horizon_of_this_database)


def late_and_early() -> None:
    """A change that holds the smaller transaction commits after a seal that came past a later one."""
    first, second = make.customer(), make.customer()
    with other_connection() as late:
        late.execute("UPDATE billing_customer SET tags = '{late}' WHERE id = %s", [first.pk])
        tag(second, "early")
        seal(now=NOW)
        late.commit()
    seal(now=NOW)


def rows_and_sealed() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM billing_customerevent")
        return cursor.fetchone()[0], sum(AuditSeal.objects.values_list("count", flat=True))


def test_a_row_that_commits_late_is_sealed() -> None:
    late_and_early()
    rows, held = rows_and_sealed()
    assert rows == held == 4
    assert verify().broken is None


def test_the_naive_sealer_passes_over_it() -> None:
    def newest_seen(cursor) -> int:
        cursor.execute("SELECT coalesce(max(pgh_xid::text::bigint), 0) + 1 FROM billing_customerevent")
        return cursor.fetchone()[0]

    with patch("billing.audit.services.horizon", newest_seen):
        late_and_early()
    rows, held = rows_and_sealed()
    assert (rows, held) == (4, 3), "the twin that goes by the newest row seen has lost the late one"
    assert verify().broken.what == "inserted"


def test_two_sealers_make_one_chain() -> None:
    sealed(1)
    tag(make.customer(), "both")
    with meeting("billing.audit.services.locked_last", 2):
        outcomes = at_once([lambda: seal(now=NOW)] * 2)
    assert not refused(outcomes)
    assert sorted(each is None for each in outcomes) == [False, True]
    assert verify().broken is None


def test_without_the_lock_they_collide() -> None:
    sealed(1)
    tag(make.customer(), "both")
    unlocked = patch(
        "billing.audit.services.locked_last", lambda cursor: AuditSeal.objects.order_by("-number").first()
    )
    with unlocked, meeting("billing.audit.services.horizon", 2):
        outcomes = at_once([lambda: seal(now=NOW)] * 2)
    assert len(refused(outcomes)) == 1, "the chain cannot fork even then: the database refuses the second"
    assert len(went_through(outcomes)) == 1
    assert verify().broken is None
