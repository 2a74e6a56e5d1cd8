"""Credits given by hand: within the limit at once, above it by a second person, each exactly once."""

from datetime import timedelta
from typing import Any

import pytest

from billing.approvals import services as approvals
from billing.credits import services
from billing.credits.giving import Gift
from billing.credits.models import CreditAccount, CreditEntry
from billing.credits.told import Moved
from billing.errors import Conflict, InvalidInput, NotAllowed
from billing.history.actors import Actor, person
from billing.ids import form_key
from billing.jobs.models import Run
from billing.jobs.services import RowAsked, do_run, resume_run, start_run
from billing.models import Approval, Customer, LimitUse
from tests import make
from tests.billing.credits.desk import DAY, NOW, account, assert_sound, booked, burn, grant, lots

pytestmark = pytest.mark.django_db

JUDE = person(12, "Jude Okafor", ["support"])
INES = person(13, "Inês Marchetti", ["finance"])
ABOVE = 150_000


def anyone(approval: Approval) -> None:
    """Whoever comes may decide; who may is the site's to say."""


def give(to: Customer, amount: int = 50_000, *, key: str = "", actor: Actor = JUDE, **more: Any) -> Any:
    gift = Gift(**{"unit": "tokens", "amount": amount, "reason": "Two hours of outage", **more})
    return services.give(customer_id=to.pk, gift=gift, actor=actor, form_key=key or form_key(), now=NOW)


def approve(approval: Approval, actor: Actor = INES) -> Approval:
    return approvals.approve(approval_id=approval.pk, reason="", actor=actor, now=NOW, check=anyone)


def used(action: str = "credits") -> int:
    return sum(LimitUse.objects.filter(action=action).values_list("amount_minor", flat=True))


def test_within_the_limit_it_is_granted_and_uses_the_limit():
    customer = make.customer()
    moved = give(customer, expires_at=NOW + 30 * DAY)
    assert isinstance(moved, Moved)
    assert lots(customer) == [("goodwill", 50_000, 50_000)]
    assert used() == 50_000
    assert not Approval.objects.exists()
    assert_sound()


def test_the_same_form_grants_once_even_when_the_first_used_up_the_limit():
    customer, key = make.customer(), form_key()
    first = give(customer, 100_000, key=key)
    give(customer, 100_000)
    again = give(customer, 100_000, key=key)
    assert again.repeated
    assert again.entry_id == first.entry_id
    assert account(customer).balance == 200_000
    assert isinstance(give(customer, 1), Approval), "200,000 for one customer in 30 days is the limit"


def test_above_the_limit_it_is_asked_for_and_nothing_is_granted():
    customer = make.customer()
    approval = give(customer, ABOVE)
    assert isinstance(approval, Approval)
    assert (approval.action, approval.target_kind, approval.target_label) == (
        "credits",
        "customer",
        customer.reference,
    )
    assert approval.rule == "support: 150,000 tokens is above 100,000 tokens at once"
    assert not CreditAccount.objects.filter(customer=customer).exists()
    assert used() == 0


def test_a_yes_grants_once_with_both_names_and_uses_nobody_s_limit():
    customer, key = make.customer(), form_key()
    approval = give(customer, ABOVE, key=key, expires_at=NOW + 30 * DAY, source="promotion")
    done = approve(approval)
    assert done.state == "executed"
    assert done.result == f"150,000 tokens granted to {customer.reference}; the balance is 150,000 tokens."
    entry = CreditEntry.objects.get(account=account(customer))
    assert entry.key == f"approval:{approval.reference}"
    assert entry.actor_name == "Inês Marchetti"
    assert entry.reason == f"Two hours of outage (asked by Jude Okafor, {approval.reference})"
    assert lots(customer) == [("promotion", 150_000, 150_000)]
    assert used() == 0
    with pytest.raises(Conflict, match="executed by now"):
        approve(approval)
    assert give(customer, ABOVE, key=key, expires_at=NOW + 30 * DAY, source="promotion") == approval
    assert account(customer).balance == 150_000
    assert_sound()


def test_store_credit_is_held_against_its_own_limit_and_posted_after_the_yes():
    customer = make.customer()
    assert isinstance(give(customer, 10_000, unit="money", currency="EUR"), Moved)
    approval = give(customer, 10_001, unit="money", currency="EUR")
    assert (approval.action, approval.rule) == (
        "store_credit",
        "support: 100.01 EUR is above 100.00 EUR at once",
    )
    approve(approval)
    assert account(customer, "money", "EUR").balance == 20_001
    assert booked(customer)["customer_balance"] == -20_001
    assert_sound()


@pytest.mark.parametrize(("currency", "most"), [("JPY", 15_000), ("KWD", 100_000)])
def test_a_limit_is_in_the_currency_s_own_minor_units(currency: str, most: int):
    customer = make.customer()
    assert isinstance(give(customer, most, unit="money", currency=currency), Moved)
    assert isinstance(give(make.customer(), most + 1, unit="money", currency=currency), Approval)


def test_a_no_leaves_nothing():
    customer = make.customer()
    approval = give(customer, ABOVE)
    approvals.reject(approval_id=approval.pk, reason="Too much", actor=INES, now=NOW, check=anyone)
    assert not CreditEntry.objects.exists()
    with pytest.raises(Conflict):
        approve(approval)


def test_who_asked_cannot_say_yes():
    approval = give(make.customer(), ABOVE)
    with pytest.raises(NotAllowed, match="somebody else must decide"):
        approve(approval, actor=person(12, "Jude Okafor", ["support", "finance"]))


def test_an_end_that_has_passed_meanwhile_fails_the_request_with_its_sentence():
    approval = give(make.customer(), ABOVE, expires_at=NOW + DAY)
    later = NOW + timedelta(days=2)
    done = approvals.approve(approval_id=approval.pk, reason="", actor=INES, now=later, check=anyone)
    assert done.state == "failed"
    assert "still to come" in done.failure
    assert not CreditEntry.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 10_001}, "reason"),
        ({"source": "purchase"}, "source"),
        ({"expires_at": NOW}, "expires_on"),
        ({"unit": "money", "currency": "EUR", "source": "promotion"}, "source"),
        ({"unit": "hours"}, "unit"),
    ],
)
def test_what_cannot_be_granted_is_refused_before_anybody_is_asked(wrong: dict[str, Any], field: str):
    customer, before = make.customer(), Approval.objects.count()
    with pytest.raises(InvalidInput) as refused:
        give(customer, **{"amount": ABOVE, **wrong})
    assert refused.value.field == field
    assert Approval.objects.count() == before


def test_the_longest_reason_is_kept_whole_by_a_yes():
    customer = make.customer()
    approve(give(customer, ABOVE, reason="x" * 10_000))
    assert CreditEntry.objects.get().reason == "x" * 10_000


def undo(entry_id: int, actor: Actor = JUDE) -> Moved:
    return services.undo(entry_id=entry_id, actor=actor, now=NOW, key=form_key(), reason="By mistake")


def test_undoing_a_grant_frees_its_limit():
    customer = make.customer()
    moved = give(customer, 100_000)
    undo(moved.entry_id)
    assert used() == 0
    assert account(customer).balance == 0
    assert_sound()


def test_undoing_what_was_used_counts_as_giving():
    customer = make.customer()
    grant(customer, ABOVE)
    spent = burn(customer, ABOVE)
    with pytest.raises(NotAllowed, match="above your limit"):
        undo(spent.entry_id)
    assert account(customer).balance == 0
    undo(spent.entry_id, actor=INES)
    assert account(customer).balance == ABOVE
    assert used() == ABOVE
    assert_sound()


def test_what_arrives_beyond_what_left_counts_as_giving():
    customer = make.customer()
    grant(customer, 1_000)
    grant(customer, 10, unit="ai_requests")
    asked: dict[str, Any] = {
        "from_account_id": account(customer, "ai_requests").pk,
        "to_account_id": account(customer).pk,
        "amount": 10,
        "actor": JUDE,
        "now": NOW,
        "reason": "They meant tokens",
    }
    with pytest.raises(NotAllowed, match="above your limit"):
        services.transfer_by_hand(**asked, arrives=100_011, key=form_key())
    services.transfer_by_hand(**asked, arrives=5_010, key=form_key())
    assert account(customer).balance == 6_010
    assert used() == 5_000
    assert_sound()


def bulk(customers: list[Customer], amount: int, actor: Actor = JUDE) -> tuple[Run, Approval | None]:
    asked = {"unit": "tokens", "amount": amount, "reason": "The outage of 12 November", "source": "goodwill"}
    run = start_run(
        kind="credits.grant",
        title=f"Grant credits, {len(customers)} customers",
        rows=[RowAsked(each.pk, each.reference) for each in customers],
        asked=asked,
        actor=actor,
        now=NOW,
        form_key=form_key(),
    )
    return run, services.hold_run(run=run, actor=actor, now=NOW)


def balances(customers: list[Customer]) -> list[int]:
    rows = CreditAccount.objects.filter(customer__in=customers).values_list("customer_id", "balance")
    found = dict(rows)
    return [found.get(each.pk, 0) for each in customers]


def test_a_bulk_grant_holds_its_total_once():
    customers = [make.customer() for _ in range(4)]
    run, approval = bulk(customers, 25_000)
    assert approval is None
    assert used() == 100_000
    do_run(run_id=run.pk, clock=lambda: NOW)
    do_run(run_id=run.pk, clock=lambda: NOW)
    assert balances(customers) == [25_000] * 4
    assert used() == 100_000, "the rows do not use the limit again"


def test_a_bulk_grant_above_the_limit_waits_and_a_yes_sets_it_going():
    customers = [make.customer() for _ in range(4)]
    run, approval = bulk(customers, 25_001)
    assert approval is not None
    assert str(approval.rule).startswith("support: 100,004 tokens is above 100,000")
    do_run(run_id=run.pk, clock=lambda: NOW)
    assert balances(customers) == [0] * 4
    assert approve(approval).state == "executed"
    do_run(run_id=run.pk, clock=lambda: NOW)
    assert balances(customers) == [25_001] * 4
    assert used() == 0


def test_a_run_that_waits_grants_nothing_when_somebody_resumes_it():
    customers = [make.customer() for _ in range(2)]
    run, approval = bulk(customers, 90_000)
    resume_run(run=run, actor=JUDE, now=NOW)
    done = do_run(run_id=run.pk, clock=lambda: NOW)
    assert (done.done, done.failed) == (2, 2)
    assert balances(customers) == [0, 0]
    assert approval is not None
    assert approve(approval).state == "failed", "it was not waiting any more"


def test_a_no_calls_the_run_off():
    customers = [make.customer() for _ in range(2)]
    run, approval = bulk(customers, 90_000)
    assert approval is not None
    approvals.reject(approval_id=approval.pk, reason="No", actor=INES, now=NOW, check=anyone)
    run.refresh_from_db()
    assert run.state == "canceled"
    do_run(run_id=run.pk, clock=lambda: NOW)
    assert balances(customers) == [0, 0]
