"""One table of states: complete, drawn with icons that exist, and loud about what it does not know."""

from importlib import import_module

import pytest

from billing.history.machines import all_machines
from dashboard.parts.icons import icon_names
from dashboard.parts.states import STATES, TONES, UnknownState, choices, machine_name, state_of


def every_state():
    return [state for states in STATES.values() for state in states.values()]


def test_each_state_has_a_label_a_known_tone_and_an_icon_of_the_sprite():
    for state in every_state():
        assert state.label and state.label[0].isupper()
        assert state.tone in TONES
        assert state.icon in icon_names(), state


def test_within_a_machine_a_label_stands_for_one_value():
    for machine, states in STATES.items():
        labels = [state.label for state in states.values()]
        assert len(labels) == len(set(labels)), machine


@pytest.mark.parametrize(
    ("machine", "value", "label", "tone"),
    [
        ("refund", "pending_approval", "Waiting for approval", "wait"),
        ("refund", "succeeded", "Succeeded", "ok"),
        ("payment", "unknown", "Unknown", "look"),
        ("invoice", "open", "Open", "move"),
        ("dunning", "open", "Open", "wait"),
        ("webhook", "failed", "Failed, will retry", "wait"),
        ("run", "running", "Running", "move"),
    ],
)
def test_what_a_value_looks_like(machine, value, label, tone):
    state = state_of(machine, value)
    assert (state.label, state.tone) == (label, tone)


@pytest.mark.parametrize(("machine", "value"), [("refund", "gone"), ("nothing", "open")])
def test_an_unknown_value_is_a_fault_here(machine, value):
    with pytest.raises(UnknownState, match=machine):
        state_of(machine, value)


def test_an_unknown_value_is_its_raw_word_in_production(settings):
    settings.LOCAL = False
    state = state_of("refund", "sent_back")
    assert (state.label, state.tone) == ("sent back", "look")


STORED = {
    "disputes.DisputeState": "dispute",
    "invoices.InvoiceState": "invoice",
    "jobs.RunState": "run",
    "payments.PaymentState": "payment",
    "refunds.RefundState": "refund",
    "subscriptions.SubscriptionState": "subscription",
    "webhooks.WebhookState": "webhook",
}


@pytest.mark.parametrize(("where", "machine"), STORED.items())
def test_the_table_knows_every_value_that_billing_can_store(where, machine):
    folder, name = where.split(".")
    stored = getattr(import_module(f"billing.{folder}.models"), name).values
    assert set(stored) <= set(STATES[machine])


def test_each_machine_of_billing_is_in_the_table():
    for name, machine in all_machines().items():
        assert machine.states <= set(STATES[name.replace(" ", "_")]), name


def test_names_and_choices():
    assert machine_name("price_change") == "Price change"
    assert machine_name("refund") == "Refund"
    assert choices("invoice")[0] == ("draft", "Draft")
