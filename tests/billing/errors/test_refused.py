import pickle

import pytest

from billing.errors import Conflict, InvalidInput, Missing, NotAllowed, Refused


def test_a_refusal_reads_as_its_sentence():
    refusal = Refused(
        "refund_above_refundable", "Enter at most 40.00 EUR.", field="amount", facts={"left": 4000}
    )

    assert str(refusal) == "Enter at most 40.00 EUR."
    assert (refusal.code, refusal.field, refusal.facts) == (
        "refund_above_refundable",
        "amount",
        {"left": 4000},
    )
    assert not refusal.retry_helps


def test_facts_are_a_copy_of_what_was_given():
    facts: dict[str, object] = {"left": 4000}
    refusal = Refused("late", "The payment moved on.", facts=facts)
    facts["left"] = 0

    assert refusal.facts == {"left": 4000}


@pytest.mark.parametrize("kind", [InvalidInput, NotAllowed, Conflict, Missing])
def test_every_kind_is_caught_as_refused_and_survives_another_process(kind):
    refusal = kind(
        "late", "The payment moved on.", field="payment", retry_helps=True, facts={"state": "failed"}
    )
    again = pickle.loads(pickle.dumps(refusal))

    assert isinstance(again, Refused)
    assert type(again) is kind
    assert (again.code, str(again), again.field) == ("late", "The payment moved on.", "payment")
    assert again.retry_helps
    assert again.facts == {"state": "failed"}
