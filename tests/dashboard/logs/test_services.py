"""One line per service call, with who, what came of it and how long it took."""

import pytest
from structlog.testing import capture_logs

from billing.errors import Conflict
from billing.history.actors import person
from billing.history.context import acting
from billing.logs import add_facts, note_odd, service

JUDE = person(7, "Jude Okafor")


@service("refunds")
def issue_refund(*, amount: int, actor=None) -> int:
    add_facts(reference="REF-20261121-4F7K2M9Q")
    if amount > 100:
        raise Conflict("above_refundable", "84.30 is left.", facts={"left_minor": 8430})
    if amount < 0:
        raise ZeroDivisionError
    return amount


def test_a_call_that_went_well() -> None:
    with capture_logs() as lines:
        assert issue_refund(amount=60, actor=JUDE) == 60
    (line,) = lines
    assert line["event"] == "refunds.issue_refund"
    assert (line["service"], line["operation"], line["outcome"]) == ("refunds", "issue_refund", "ok")
    assert (line["actor"], line["reference"]) == ("staff:7", "REF-20261121-4F7K2M9Q")
    assert line["duration_ms"] >= 0
    assert "amount" not in line


def test_a_refusal_is_a_warning_with_its_code() -> None:
    with capture_logs() as lines, pytest.raises(Conflict):
        issue_refund(amount=101, actor=JUDE)
    assert (lines[0]["outcome"], lines[0]["log_level"]) == ("refused:above_refundable", "warning")
    assert lines[0]["refused"] == {"left_minor": 8430}


def test_a_bug_is_an_error_and_goes_on() -> None:
    with capture_logs() as lines, pytest.raises(ZeroDivisionError):
        issue_refund(amount=-1)
    assert (lines[0]["outcome"], lines[0]["log_level"]) == ("error:ZeroDivisionError", "error")


def test_the_actor_of_the_request_is_taken_when_none_is_passed() -> None:
    with capture_logs() as lines, acting(JUDE, request_id="req_1"):
        issue_refund(amount=1)
    assert lines[0]["actor"] == "staff:7"


def test_what_is_odd_leaves_a_line() -> None:
    with capture_logs() as lines:
        note_odd("unknown_tier", tier="platinum")
    assert lines == [{"event": "unknown_tier", "log_level": "warning", "odd": True, "tier": "platinum"}]
