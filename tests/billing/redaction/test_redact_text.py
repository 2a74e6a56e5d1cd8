"""What is secret goes, in whatever way it is written; everything else comes through as it is."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.redaction import redact, redact_text
from tests.billing.redaction.table import ACCOUNTS, CARDS, HARMLESS, JWT, KEYS, PAN, PEOPLE

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "data" / "redaction" / "vectors.json"
SECRET = [*CARDS, *ACCOUNTS, *KEYS, *PEOPLE]


@pytest.mark.parametrize(("text", "secret"), SECRET)
def test_takes_out_what_is_secret(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in redact_text(text)


@pytest.mark.parametrize(("text", "secret"), SECRET)
def test_takes_it_out_in_the_middle_of_others(text: str, secret: str) -> None:
    around = f"refund REF-20261118-7K3N9Q4F at 1763719200:\n{text}\nfor pi_3OaBcD2eZvKYlo2C1gHsJkLm"
    clean = redact_text(around)
    assert secret not in clean
    assert clean.startswith("refund REF-20261118-7K3N9Q4F at 1763719200:")


@pytest.mark.parametrize(("text", "secret"), SECRET)
def test_a_second_time_changes_nothing(text: str, secret: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once


@pytest.mark.parametrize("text", HARMLESS)
def test_leaves_the_rest_readable(text: str) -> None:
    assert redact_text(text) == text
    assert redact_text(f"({text}), then") == f"({text}), then"


@pytest.mark.skipif(not VECTORS.exists(), reason="the collection of published examples is not here")
def test_takes_out_published_examples_and_keeps_what_must_be_kept() -> None:
    wrong = []
    for each in json.loads(VECTORS.read_text()):
        clean = redact_text(each["input"])
        leaks = [secret for secret in each["must_not_appear"] if secret in clean]
        lost = [kept for kept in each["must_survive"] if kept not in clean]
        if leaks or lost:
            wrong.append((each["id"], leaks, lost))
    assert wrong == []


@given(
    st.lists(st.sampled_from([PAN, "4242 4242", "DE89", "eyJ", "@", "a", ".", "-", "%34", "\\u0034", "cvc "]))
)
@settings(max_examples=300, deadline=None)
def test_pieces_of_secrets_in_any_order_bring_none_back(parts: list[str]) -> None:
    assert PAN not in redact_text(" ".join(parts))


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_takes_any_text(text: str) -> None:
    assert isinstance(redact_text(text), str)


#: What makes a careless pattern start again at every sign.
HOSTILE: dict[str, Callable[[int], str]] = {
    "digits": lambda n: "4" * n,
    "digits and spaces": lambda n: "4 " * (n // 2),
    "wide digits": lambda n: "\N{FULLWIDTH DIGIT FOUR}" * n,
    "signs between digits": lambda n: "1:" * (n // 2),
    "at signs": lambda n: "a@" * (n // 2),
    "letters": lambda n: "a" * n,
    "letters and dots": lambda n: "a." * (n // 2),
    "beginnings of web tokens": lambda n: "eyJ" * (n // 3),
    "parts of web tokens": lambda n: "eyJa." * (n // 5),
    "beginnings of accounts": lambda n: "DE89 3704 " * (n // 10),
    "beginnings of keys": lambda n: "test_" * (n // 5),
    "passwords": lambda n: "password=" * (n // 9),
    "a password's quotes": lambda n: 'password="' + '\\"' * (n // 2),
    "gaps": lambda n: "password" + " " * n,
    "private keys that never end": lambda n: "-----BEGIN PRIVATE KEY-----" * (n // 27),
    "addresses": lambda n: "a://b:" * (n // 6),
    "credentials": lambda n: "a://b:c@" * (n // 8),
    "percent signs": lambda n: "%25" * (n // 3),
    "backslashes": lambda n: "\\" * n,
    "entities": lambda n: "&" * n,
    "words in base64": lambda n: "cGFzc3dvcmQ6IGh1bnRlcjIy" * (n // 24),
    "digits in hexadecimal": lambda n: "34" * (n // 2),
    "names before passwords": lambda n: "a1:" * (n // 3) + "@b",
    "tags": lambda n: "<password " * (n // 10) + "</",
    "halves of secrets": lambda n: "pi_" * (n // 3) + "_secret_",
    "slashes": lambda n: "aB3/" * (n // 4),
    "parameters": lambda n: "?key=" * (n // 5),
    "telephones": lambda n: "+1 " * (n // 3),
    "words before a token": lambda n: "w_" * (n // 2) + "token",
    "hexadecimal": lambda n: "a4" * (n // 2),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_takes_time_in_proportion_to_length(name: str) -> None:
    """Sixteen times the text: sixteen times the time, were it linear, and 256 times, were it square."""
    small, large = (_seconds(HOSTILE[name](size)) for size in (4_000, 64_000))
    assert large < 80 * max(small, 0.001)


def _seconds(text: str) -> float:
    """Of this process, so that the others on the machine do not count; the best of three."""
    best = 1e9
    for _ in range(3):
        began = time.process_time()
        redact_text(text)
        best = min(best, time.process_time() - began)
    return best


def test_keys_of_mappings_are_looked_at_too() -> None:
    clean = redact({f"paid by {PAN}": 1, "deep": [{JWT: {"note": f"cvc 737 {PAN}"}}]})
    shown = json.dumps(clean)
    assert PAN not in shown and JWT not in shown and "737" not in shown


@pytest.mark.parametrize("value", [int(PAN), -int(PAN), float(PAN), [int(PAN)], {"amount": int(PAN)}])
def test_a_number_may_be_a_card(value: object) -> None:
    assert PAN not in json.dumps(redact(value))


@pytest.mark.parametrize("value", [84_30, 1_763_719_200, 1_763_719_200_123, 0.25, True, None, 2**70])
def test_other_numbers_stay_numbers(value: object) -> None:
    assert redact(value) is value


def test_things_are_redacted_by_their_words() -> None:
    found = redact({"error": ValueError(f"no card {PAN}"), "kind": ValueError("plain")})
    assert PAN not in str(found["error"])
    assert isinstance(found["kind"], ValueError)


def test_a_mapping_without_end_is_cut() -> None:
    deep: dict[str, object] = {}
    at = deep
    for _ in range(5_000):
        at["next"] = at = {}
    assert "[too deep]" in json.dumps(redact(deep))
