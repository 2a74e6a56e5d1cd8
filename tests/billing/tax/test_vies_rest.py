"""The EU's register over real HTTP: what we ask, and that only its own word makes a number invalid."""

import json
import socket

import pytest
from django.db import transaction
from django.test import override_settings

from billing.models import VatCheck
from billing.tax.vies import Answer as Told
from billing.tax.vies import check_number, the_register
from billing.tax.vies_rest import Vies
from tests import make
from tests.gateways.server import Answer, answering

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "DE811569869"
YES = {"countryCode": "DE", "vatNumber": "811569869", "valid": True, "requestIdentifier": "WAPIAAAAW1"}


def ask(answer: Answer | None, number: str = NUMBER) -> Told:
    with answering(lambda asked: answer) as server:
        return Vies(server.url).ask(number)


def said(**told: object) -> Answer:
    return Answer(200, json.dumps(told).encode())


def test_a_number_that_is_registered_is_valid_and_the_consultation_is_kept(settings) -> None:
    settings.SELLER = {**settings.SELLER, "vat_number": "NL004495445B01"}
    with answering(lambda asked: said(**YES)) as server:
        told = Vies(server.url).ask(NUMBER)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/check-vat-number")
    assert json.loads(asked.body) == {
        "countryCode": "DE",
        "vatNumber": "811569869",
        "requesterMemberStateCode": "NL",
        "requesterNumber": "004495445B01",
    }
    assert told == Told("valid", "WAPIAAAAW1")


def test_a_seller_outside_asks_without_a_name(settings) -> None:
    settings.SELLER = {**settings.SELLER, "vat_number": "CHE-123.456.788"}
    with answering(lambda asked: said(**YES)) as server:
        Vies(server.url).ask(NUMBER)
    assert set(json.loads(server.asked[0].body)) == {"countryCode", "vatNumber"}


def test_only_its_own_word_makes_a_number_invalid() -> None:
    assert ask(said(**{**YES, "valid": False})).answer == "invalid"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Answer(500),
        Answer(429),
        Answer(302, headers={"Location": "http://127.0.0.1:1/"}),
        Answer(200, b"<html>We are busy</html>"),
        Answer(200, b"[]"),
        Answer(200, b"x" * 5_000_000),
        said(),
        said(valid="yes"),
        said(actionSucceed=False, errorWrappers=[{"error": "MS_UNAVAILABLE"}]),
        said(valid=False, userError="MS_MAX_CONCURRENT_REQ"),
    ],
)
def test_whatever_else_comes_is_unknown_and_never_invalid(answer: Answer | None) -> None:
    assert ask(answer) == Told("unknown")


def test_a_register_that_keeps_us_waiting_is_unknown(monkeypatch) -> None:
    monkeypatch.setattr("billing.tax.vies_rest.READ_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert Vies(f"http://127.0.0.1:{silent.getsockname()[1]}").ask(NUMBER) == Told("unknown")


@pytest.mark.parametrize("number", ["GB999999973", "CHE123456788", "US12345", "DE"])
def test_what_it_cannot_know_is_not_asked(number: str) -> None:
    with answering(lambda asked: said(**YES)) as server:
        assert Vies(server.url).ask(number).answer == "unknown"
    assert server.asked == []


def test_it_is_not_asked_inside_a_transaction() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="never called inside"):
        Vies("http://127.0.0.1:1").ask(NUMBER)


def test_its_answer_is_kept_for_a_while_and_an_outage_takes_nothing_away(settings) -> None:
    answers = [said(**YES), Answer(503)]
    with (
        answering(lambda asked: answers.pop(0)) as server,
        override_settings(VAT_REGISTER="billing.tax.vies_rest.Vies", VIES_URL=server.url),
    ):
        assert isinstance(the_register(), Vies)
        first = check_number(country="DE", number=NUMBER, now=make.NOW)
        assert check_number(country="DE", number=NUMBER, now=make.NOW) == first
        assert len(server.asked) == 1
        assert check_number(country="DE", number=NUMBER, now=make.NOW, anew=True) == first
    assert [each.answer for each in VatCheck.objects.order_by("pk")] == ["valid", "unknown"]
    assert first.source == "vies" and first.consultation == "WAPIAAAAW1"


def test_nobody_is_asked_unless_it_is_set() -> None:
    assert the_register().name == "offline"
