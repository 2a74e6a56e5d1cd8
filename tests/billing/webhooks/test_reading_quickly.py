"""The quick way of reading a body says what the slow way says, or leaves the body to it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.webhooks.sources import parsing
from billing.webhooks.sources.parsing import Unreadable, parse

KEYS = st.sampled_from(['"a"', '"b"', '"a:"', '"a\\u003a"', '"a\\u003A"', '"\\u0061"', '"\\":"', '"é"'])
TEXTS = st.sampled_from(
    [
        '""',
        '":"',
        '"\\u003a"',
        '"\\u003A\\u003a"',
        '"a \\": b"',
        '"\\\\u003a"',
        '"\\ud800"',
        '"\\u0000"',
        '"ü:"',
    ]
)
NUMBERS = st.sampled_from(["0", "-7", "1.5", "1e3", "9223372036854775807", "1e999", "NaN", "-Infinity", "01"])
BETWEEN = st.sampled_from(["", " ", "\n\t", "  "])


@st.composite
def objects(draw: Any, inner: st.SearchStrategy[str]) -> str:
    pairs = draw(st.lists(st.tuples(KEYS, BETWEEN, BETWEEN, inner), max_size=4))
    return (
        "{" + ",".join(f"{before}{key}{before}:{after}{value}" for key, before, after, value in pairs) + "}"
    )


VALUES = st.recursive(
    TEXTS | NUMBERS | st.sampled_from(["null", "true"]),
    lambda inner: objects(inner) | st.lists(inner, max_size=3).map(lambda each: "[" + ",".join(each) + "]"),
    max_leaves=8,
)


def told(read: Any, body: bytes) -> Any:
    try:
        found, trouble = read(body)
    except Unreadable as refusal:
        return str(refusal)
    return json.dumps(found), trouble  # 1 and True are equal, and not written alike


@given(objects(VALUES))
def test_both_ways_say_the_same(text: str) -> None:
    body = text.encode()
    assert told(parse, body) == told(parsing._doubtful, body)


def test_an_ordinary_message_goes_the_quick_way() -> None:
    body = json.dumps({"id": "evt_1", "data": {"object": {"note": 'so: "a": b', "at": "10:30"}}}, indent=2)
    assert parsing._sound(body.encode()) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1}, "a": "\\u003a"}',
        b'{"a" : NaN}',
        b'{"a": "\\ud800"}',
        b'{"a": 1e999}',
        b"[]",
        b"{",
        b'{"a": "\xff"}',
    ],
)
def test_what_may_be_wrong_goes_the_slow_way(body: bytes) -> None:
    assert parsing._sound(body) is None
