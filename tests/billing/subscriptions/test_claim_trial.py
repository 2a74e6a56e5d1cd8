"""One trial for a customer, an address and a card; few from one network; and nothing personal kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.customers.erasing import forget_elsewhere, registered
from billing.errors import Conflict, InvalidInput, NotAllowed
from billing.gateways.facts import MethodFact
from billing.history.actors import system
from billing.models import Customer, HistoryEntry, TrialCluster, TrialMark, TrialStart
from billing.payments.methods import record_methods
from billing.subscriptions import trials
from billing.subscriptions.trials.hashing import mark_hash
from tests import make

pytestmark = pytest.mark.django_db
NOW = make.NOW
HOST = system("host")
CARD = "c" * 64


def claim(of: Customer | None = None, email: str = "", **more: Any) -> TrialStart:
    owner = of or make.customer()
    fields: dict[str, Any] = {"actor": HOST, "now": NOW, **more}
    return trials.claim_trial(
        customer_id=owner.pk, email=email or f"ines.{owner.pk}@halden-{owner.pk}.example", **fields
    )


def code_of(call: Any) -> str:
    with pytest.raises((Conflict, NotAllowed)) as refusal:
        call()
    return refusal.value.code


def test_a_trial_is_claimed_with_what_it_is_known_by() -> None:
    owner = make.customer()
    trial = claim(owner, "Ines@Halden.example", fingerprints=[CARD, ""], address="203.0.113.9", device="d-1")
    assert (trial.customer_id, trial.state, trial.started_at) == (owner.pk, "started", NOW)
    marks = {(each.cluster.kind, each.claims) for each in trial.marks.select_related("cluster")}
    assert marks == {
        ("email", True),
        ("card", True),
        ("domain", False),
        ("address", False),
        ("device", False),
    }
    assert HistoryEntry.objects.get(subject_kind="trialstart").to_state == "started"


def test_a_second_trial_of_the_customer_is_refused() -> None:
    owner = make.customer()
    claim(owner, "ines@halden.example")
    assert code_of(lambda: claim(owner, "other@elsewhere.example")) == "trial_had"
    assert trials.why_no_trial(owner.pk, NOW) and not trials.why_no_trial(make.customer().pk, NOW)


def test_a_trial_that_a_gateway_told_of_counts() -> None:
    told = make.subscription(
        gateway="stripe", gateway_id="sub_1", trial_ends_at=NOW, created_at=NOW - timedelta(days=30)
    )
    assert code_of(lambda: claim(told.customer)) == "trial_had"


@pytest.mark.parametrize("again", ["INES@googlemail.com", "i.n.e.s+2@gmail.com", "ines@gmail.com"])
def test_another_spelling_of_the_address_is_the_address(again: str) -> None:
    claim(email="ines@gmail.com")
    assert code_of(lambda: claim(email=again)) == "trial_email_used"
    assert TrialStart.objects.count() == 1


def test_the_same_card_is_refused_and_one_of_two_is_enough() -> None:
    claim(fingerprints=[CARD])
    assert code_of(lambda: claim(fingerprints=["d" * 64, CARD])) == "trial_card_used"
    claim(fingerprints=["d" * 64])


def test_five_a_day_from_one_network_and_again_tomorrow() -> None:
    for place in range(5):
        claim(address=f"2001:db8:1:2::{place}")
    assert code_of(lambda: claim(address="2001:db8:1:2:ff::1")) == "trial_address_limit"
    claim(address="2001:db8:1:3::1")
    claim(address="2001:db8:1:2::1", now=NOW + timedelta(days=1))


def test_a_day_is_one_of_utc() -> None:
    midnight = NOW.replace(hour=0, minute=0)
    for place in range(5):
        claim(address="203.0.113.9", now=midnight - timedelta(minutes=1 + place))
    claim(address="203.0.113.9", now=midnight)


def test_a_domain_has_its_limit_and_providers_of_mail_have_none(settings: Any) -> None:
    settings.TRIALS_PER_DOMAIN = 2
    claim(email="ines@okafor.example")
    claim(email="jude@okafor.example")
    assert code_of(lambda: claim(email="tove@okafor.example")) == "trial_domain_limit"
    claim(email="tove@okafor.example", now=NOW + timedelta(days=31))
    for name in ("ines", "jude", "tove"):
        claim(email=f"{name}@gmx.de")
    assert not TrialCluster.objects.filter(kind="domain", hash=mark_hash("domain", "gmx.de")).exists()


def test_the_address_is_confirmed_first_where_that_is_asked(settings: Any) -> None:
    settings.TRIAL_NEEDS_VERIFIED_EMAIL = True
    owner = make.customer()
    assert code_of(lambda: claim(owner)) == "trial_email_unverified"
    claim(owner, email_verified=True)


def test_what_cannot_be_read_is_refused_and_leaves_nothing() -> None:
    with pytest.raises(InvalidInput):
        claim(address="somewhere")
    with pytest.raises(InvalidInput):
        claim(email="ines")
    assert not TrialStart.objects.exists() and not TrialCluster.objects.exists()


def test_a_refusal_leaves_no_trace_of_whoever_was_refused() -> None:
    claim(email="ines@gmail.com")
    before = TrialMark.objects.count(), TrialCluster.objects.count()
    code_of(lambda: claim(email="ines@gmail.com", address="203.0.113.9", device="d-1"))
    assert (TrialMark.objects.count(), TrialCluster.objects.count()) == before


def test_nothing_personal_is_kept() -> None:
    claim(email="ines@marchetti.example", address="203.0.113.9", device="iPhone of Ines")
    tables = ("trialstart", "trialstartevent", "trialmark", "trialcluster", "historyentry")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM billing_{table} t")
            text = (cursor.fetchone()[0] or "").lower()
            assert not any(word in text for word in ("marchetti.example", "203.0.113", "iphone"))


def test_an_erasure_leaves_nothing_to_recognise_anybody_by() -> None:
    first, other = claim(fingerprints=[CARD], address="203.0.113.9"), claim(address="203.0.113.9")
    gone = trials.forget_trial_marks(customer_id=first.customer_id, actor=HOST, now=NOW)
    assert gone == 4 and not first.marks.exists()
    assert not TrialCluster.objects.filter(kind__in=["card"]).exists()
    assert TrialCluster.objects.get(kind="address").trials == 1 and other.marks.exists()
    assert HistoryEntry.objects.filter(kind="marks_erased", facts__marks=4).exists()
    claim(fingerprints=[CARD])


def test_addresses_are_forgotten_after_ninety_days() -> None:
    claim(address="203.0.113.9", now=NOW - timedelta(days=91))
    young = claim(address="203.0.113.9", now=NOW)
    assert trials.forget_old_addresses(now=NOW) == 1
    assert TrialCluster.objects.get(kind="address").trials == 1
    assert young.marks.filter(cluster__kind="address").exists()


def test_a_card_that_comes_later_shows_and_refuses_nobody() -> None:
    first = claim(fingerprints=[CARD])
    second = claim()
    assert trials.note_cards(customer_id=second.customer_id, fingerprints=[CARD], now=NOW) == 1
    assert trials.note_cards(customer_id=second.customer_id, fingerprints=[CARD], now=NOW) == 0
    shared = TrialCluster.objects.get(kind="card")
    assert shared.trials == 2
    assert {each.trial_id for each in shared.marks.all()} == {first.pk, second.pk}


def test_a_card_that_is_attached_during_a_trial_marks_it() -> None:
    claim(fingerprints=[CARD])
    second = claim()
    Customer.objects.filter(pk=second.customer_id).update(gateway="stripe", gateway_id="cus_second")
    fact = MethodFact(
        gateway="stripe", gateway_id="pm_77", as_of=NOW, customer_id="cus_second", kind="card",
        created_at=NOW, fingerprint_hash=CARD,
    )  # fmt: skip
    for _ in range(2):
        record_methods([fact], actor=HOST, now=NOW)
    assert TrialCluster.objects.get(kind="card").trials == 2
    assert second.marks.filter(cluster__kind="card", claims=False).count() == 1


def test_a_card_of_somebody_without_a_trial_marks_nothing() -> None:
    owner = make.customer(gateway="stripe", gateway_id="cus_other")
    fact = MethodFact(
        gateway="stripe", gateway_id="pm_78", as_of=NOW, customer_id="cus_other", kind="card",
        created_at=NOW, fingerprint_hash=CARD,
    )  # fmt: skip
    record_methods([fact], actor=HOST, now=NOW)
    assert owner.payment_methods.count() == 1 and not TrialCluster.objects.exists()


def test_an_erasure_reaches_what_a_trial_is_known_by() -> None:
    trial = claim(fingerprints=[CARD])
    assert "trials" in registered()
    gone = forget_elsewhere(customer_id=trial.customer_id, actor=HOST, now=NOW)
    assert gone["trials"] == 3 and not trial.marks.exists()
    assert forget_elsewhere(customer_id=trial.customer_id, actor=HOST, now=NOW)["trials"] == 0


def test_the_database_holds_it_too() -> None:
    trial = claim(email="ines@gmail.com")
    with pytest.raises(IntegrityError, match="one_trial_per_customer"), transaction.atomic():
        TrialStart.objects.create(reference="TRI-1", customer_id=trial.customer_id, started_at=NOW)
    other = make.trial(marks=0)
    cluster = TrialCluster.objects.get(kind="email")
    with pytest.raises(IntegrityError, match="one_trial_per_email_and_per_card"), transaction.atomic():
        TrialMark.objects.create(trial=other, cluster=cluster, claims=True, at=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        TrialStart.objects.filter(pk=trial.pk).update(state="converted", decided_at=NOW)
        TrialStart.objects.filter(pk=trial.pk).update(state="ended")


def test_more_cards_cost_no_more_queries() -> None:
    claim(fingerprints=[CARD])
    with CaptureQueriesContext(connection) as one:
        claim(fingerprints=["1" * 64])
    with CaptureQueriesContext(connection) as many:
        claim(fingerprints=[f"{n:064x}" for n in range(20, 40)])
    assert len(many) <= len(one)
