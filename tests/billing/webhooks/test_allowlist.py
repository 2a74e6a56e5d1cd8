"""What is stored of a message: what a line names, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from billing.webhooks.allowlist import ALLOWED, PERSONAL, SECRET, TREES, allowed
from billing.webhooks.allowlist.reading import as_read
from billing.webhooks.allowlist.shapes import SHAPES
from billing.webhooks.allowlist.trees import Node, tree_of

EVENTS = Path(__file__).parents[4] / "shared" / "data" / "stripe" / "events"

CHARGE: dict[str, Any] = {
    "id": "ch_1",
    "object": "charge",
    "amount": 1000,
    "customer": {"id": "cus_1", "email": "mira@halden.example"},
    "billing_details": {"email": "mira@halden.example", "name": "Mira Lindqvist"},
    "description": "for mira@halden.example, card 4242424242424242",
    "receipt_url": "https://pay.stripe.com/receipts/secret",
    "client_secret": "pi_1_secret_2",
    "field_of_next_year": {"anything": 1},
    "payment_method_details": {
        "type": "card",
        "card": {"brand": "visa", "last4": "4242", "fingerprint": "Xt5"},
    },
    "refunds": {"data": [{"id": "re_1", "amount": 5, "metadata": {"reference": "REF-1", "name": "Mira"}}]},
}


def test_keeps_what_is_named_and_says_why_the_rest_was_dropped() -> None:
    kept, dropped = allowed("stripe", "charge", CHARGE)
    assert kept == {
        "id": "ch_1",
        "object": "charge",
        "amount": 1000,
        "customer": "cus_1",
        "description": "for m…@halden.example, card [card …4242]",
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
        "refunds": {"data": [{"id": "re_1", "amount": 5, "metadata": {"reference": "REF-1"}}]},
    }
    assert dropped == {
        "billing_details": "personal data",
        "receipt_url": "personal data",
        "client_secret": "secret",
        "field_of_next_year": "not allowed",
        "payment_method_details.card.fingerprint": "secret",
        "refunds.data.*.metadata.name": "personal data",
    }


def test_an_unknown_kind_keeps_its_id_alone() -> None:
    kept, dropped = allowed(
        "stripe", "issuing.card", {"id": "ic_1", "object": "issuing.card", "number": "4242"}
    )
    assert kept == {"id": "ic_1", "object": "issuing.card"}
    assert dropped == {"number": "secret"}


def test_brackets_stand_below_the_path_before_them() -> None:
    tree = tree_of("a b.(c d(text)) e.*.f")
    assert set(tree.below) == {"a", "b", "e"}
    assert tree.below["b"].shape is None
    assert tree.below["b"].below["d"].shape is SHAPES["text"]
    assert set(tree.below["e"].each.below) == {"f"} if tree.below["e"].each else False


def test_a_shape_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no such shape"):
        tree_of("a(colour)")


#: A product's or a plan's name is what is sold, and a document's number is no card's.
HARMLESS = {
    "product": {"name"},
    "plan": {"name"},
    "subscription": {"name"},
    "invoice": {"number"},
    "credit_note": {"number"},
}


@pytest.mark.parametrize(("source", "kind"), [(s, k) for s, kinds in ALLOWED.items() for k in kinds])
def test_no_line_names_what_is_personal_or_secret(source: str, kind: str) -> None:
    assert set(_names(TREES[source][kind])) & (PERSONAL | SECRET) <= HARMLESS.get(kind, set())


def _names(node: Node) -> list[str]:
    below = [*node.below.values(), *([node.each] if node.each else [])]
    return [*node.below, *(name for each in below for name in _names(each))]


@pytest.mark.skipif(not EVENTS.exists(), reason="the recorded events are not here")
@pytest.mark.parametrize(
    "path", sorted(EVENTS.glob("*.json")) or [None], ids=lambda p: getattr(p, "stem", "-")
)
def test_recorded_events_keep_no_personal_data(path: Path) -> None:
    event = json.loads(path.read_text())
    told = event["data"]["object"]
    kept, _ = allowed("stripe", told["object"], told)
    stored = json.dumps(kept)
    for value in _personal(told):
        assert value not in stored


def _personal(value: Any, inside: bool = False) -> list[str]:
    if isinstance(value, dict):
        wanted = {"email", "phone", "line1", "fingerprint", "client_secret"}
        return [x for name, inner in value.items() for x in _personal(inner, name in wanted)]
    if isinstance(value, list):
        return [x for inner in value for x in _personal(inner)]
    return [value] if inside and isinstance(value, str) and len(value) > 3 else []


PAN = "4000002760003184"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", PAN),
        ("id", "Mira Lindqvist"),
        ("id", "x" * 300),
        ("id", "sk_live_51HxyzABCDEF"),
        ("status", PAN),
        ("status", "Mira Lindqvist"),
        ("currency", "DE89370400440532013000"),
        ("currency", "cvc 123"),
        ("amount", "four"),
        ("amount", int(PAN)),
        ("amount", PAN),
        ("amount", True),
        ("created", "yesterday, by Mira"),
        ("paid", "yes"),
        ("customer", "mira@halden.example"),
        ("failure_code", "Declined for Mira"),
        ("outcome", "declined"),
        ("payment_method", [PAN]),
        ("object", {"pan": PAN}),
    ],
)
def test_a_value_that_does_not_look_like_its_field_is_dropped(field: str, value: Any) -> None:
    kept, dropped = allowed("stripe", "charge", {field: value})
    assert not kept.get(field)
    assert dropped == {field: "not what is expected here"} or kept == {field: None}


def test_elements_of_a_list_are_marked_where_they_stood() -> None:
    refunds = {"data": [{"id": "re_1", "shiny": 1}, {"id": PAN}]}
    kept, dropped = allowed("stripe", "charge", {"refunds": refunds}, under="previous.")
    assert kept == {"refunds": {"data": [{"id": "re_1"}, {}]}}
    assert dropped == {
        "previous.refunds.data.*.shiny": "not allowed",
        "previous.refunds.data.*.id": "not what is expected here",
    }


@pytest.mark.parametrize(
    "name", [PAN, "sk_live_51HxyzABCDEF", "Mira Lindqvist", "mira@halden.example", "x" * 99]
)
def test_a_name_of_a_field_is_not_shown_when_it_says_too_much(name: str) -> None:
    assert allowed("stripe", "charge", {name: 1}) == ({}, {"[field]": "not allowed"})


def test_thousands_of_fields_get_no_thousands_of_marks() -> None:
    _, dropped = allowed("stripe", "charge", {f"f{place}": 1 for place in range(9_000)})
    assert len(dropped) < 400 and dropped["…"] == "too many"


@pytest.mark.skipif(not EVENTS.exists(), reason="the recorded events are not here")
def test_what_is_stored_is_read_back_as_it_is() -> None:
    for path in sorted(EVENTS.glob("*.json")):
        told = json.loads(path.read_text())["data"]["object"]
        kept, dropped = allowed("stripe", told["object"], told)
        body = {"object": kept, "dropped": dropped, "previous": {}, "headers": {}}
        assert as_read("stripe", told["object"], body) == body, path.stem
