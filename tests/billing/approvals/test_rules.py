"""When a second person is needed, and what their yes is bound to."""

import pytest

from billing.approvals import rules
from billing.approvals.defaults import DEFAULTS, WORTH, defaults_for
from billing.approvals.rules import Limit, Spent, Units, digest, judge, measured
from billing.errors import Conflict, InvalidInput, NotAllowed
from billing.money import Money


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


SUPPORT = [
    Limit("support", "one", eur(50_000)),
    Limit("support", "day", eur(250_000)),
    Limit("support", "customer_30d", eur(100_000)),
]
NOTHING = Spent(eur(0), eur(0))


@pytest.mark.parametrize(
    ("minor", "day", "customer", "needed", "says"),
    [
        (50_000, 0, 0, False, "within"),
        (50_001, 0, 0, True, "at once"),
        (50_000, 200_000, 0, False, "within"),
        (50_000, 200_001, 0, True, "in a day"),
        (50_000, 0, 50_000, False, "within"),
        (50_000, 0, 50_001, True, "for one customer in 30 days"),
        (1, 250_000, 0, True, "in a day"),
    ],
)
def test_each_span_has_its_limit(minor, day, customer, needed, says):
    verdict = judge(
        eur(minor),
        roles=["support"],
        limits=SUPPORT,
        limited_roles=["support"],
        spent=Spent(eur(day), eur(customer)),
    )
    assert verdict.needed is needed
    assert says in verdict.rule


def test_the_most_generous_of_several_roles_decides():
    finance = [Limit("finance", "one", eur(1_000_000))]
    both = {"roles": ["support", "finance"], "limits": SUPPORT + finance, "spent": NOTHING}
    assert not judge(eur(900_000), limited_roles=["support", "finance"], **both).needed
    assert judge(eur(1_000_001), limited_roles=["support", "finance"], **both).needed


def test_a_role_that_only_reads_widens_nothing():
    verdict = judge(
        eur(50_001), roles=["auditor", "support"], limits=SUPPORT, limited_roles=["support"], spent=NOTHING
    )
    assert verdict.needed


def test_a_currency_without_a_limit_needs_a_second_person_whatever_the_amount():
    yen = Money(1, "JPY")
    none = Spent(Money(0, "JPY"), Money(0, "JPY"))
    assert judge(yen, roles=["support"], limits=[], limited_roles=["support"], spent=none).needed
    assert not judge(yen, roles=["support"], limits=[], limited_roles=[], spent=none).needed


def test_an_empty_limit_is_any_amount():
    limits = [Limit("finance", "one", None)]
    verdict = judge(eur(10**12), roles=["finance"], limits=limits, limited_roles=["finance"], spent=NOTHING)
    assert (verdict.needed, verdict.rule) == (False, "finance: any amount")


def test_units_of_credits_are_held_against_limits_of_their_own():
    assert measured(5, "EUR") == eur(5)
    assert measured(5, "tokens") == Units(5, "tokens")
    assert str(Units(1_200, "ai_requests")) == "1,200 ai requests"
    with pytest.raises(ValueError, match="do not add up"):
        Units(1, "tokens") + Units(1, "ai_requests")


@pytest.mark.parametrize("currency", sorted(WORTH))
def test_defaults_grow_from_one_action_to_a_day_and_stand_in_minor_units(currency):
    for role, action in DEFAULTS:
        one, day, customer = (limit.amount.minor for limit in defaults_for(role, action, currency))
        assert one <= customer <= day
    yen, dinar = (defaults_for("support", "refund", code)[0].amount for code in ("JPY", "KWD"))
    assert (yen.minor, dinar.minor) == (500 * 150, 500_000)


def test_no_default_stands_for_a_currency_that_nobody_weighed():
    assert defaults_for("support", "refund", "ISK") == []


BOUND = ("refund", "refund:7", eur(9_900), "Charged twice", {"payment": "3"})


@pytest.mark.parametrize(
    ("place", "other"),
    [(0, "write_off"), (1, "refund:8"), (2, eur(9_901)), (3, "Goodwill"), (4, {"payment": "4"})],
)
def test_a_yes_is_bound_to_action_target_amount_reason_and_what_else_is_needed(place, other):
    changed = [*BOUND]
    changed[place] = other
    assert digest(*BOUND) == digest(*BOUND)
    assert digest(*changed) != digest(*BOUND)


def test_the_currency_is_part_of_it():
    assert digest("refund", "refund:7", Money(9_900, "USD"), "", {}) != digest(
        "refund", "refund:7", eur(9_900), "", {}
    )


def test_nobody_decides_their_own_and_nothing_twice():
    with pytest.raises(NotAllowed, match="somebody else"):
        rules.check_decider(asked_by_ref="staff:1", decider_ref="staff:1")
    rules.check_decider(asked_by_ref="staff:1", decider_ref="staff:2")
    with pytest.raises(Conflict, match="rejected by now"):
        rules.check_open("APP-20261118-7K3N9Q4F", "rejected")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 10_001])
def test_a_reason_is_needed_and_bounded(reason):
    with pytest.raises(InvalidInput) as refusal:
        rules.check_reason(reason)
    assert refusal.value.field == "reason"
    assert rules.check_reason(" Charged twice ") == "Charged twice"
    assert rules.check_reason("x" * 10_000)
