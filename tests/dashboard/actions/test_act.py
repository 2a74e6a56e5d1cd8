"""An action's one address: told before it is done, done once, and kept when it is refused."""

from typing import Any

import pytest
from django import forms
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest
from django.test import RequestFactory
from django_htmx.middleware import HtmxMiddleware

from billing.errors import Conflict, InvalidInput
from billing.ids import form_key
from billing.money import Money
from dashboard.actions.dialog import Done, act
from dashboard.actions.fields import MoneyField, ReasonField
from dashboard.actions.offers import offer
from dashboard.parts.entries import Effect, Notice
from tests import make

pytestmark = pytest.mark.django_db


class PayBack(forms.Form):
    amount = MoneyField(currency="EUR")
    reason = ReasonField()


def ask(
    method: str = "get", data: Any = None, *, htmx: str = "", raises: Any = None
) -> tuple[Any, list[Any]]:
    """The answer of an action, and what it did."""
    headers = {"HX-Request": "true", "HX-Target": htmx} if htmx else {}
    request: HttpRequest = getattr(RequestFactory(), method)(
        "/payments/PAY/refund/", data or {}, headers=headers
    )
    request.user = make.member("support")
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    did: list[Any] = []

    def perform(form: PayBack, key: str) -> Money:
        if raises:
            raise raises
        did.append((form.cleaned_data["amount"], key))
        return form.cleaned_data["amount"]

    response = HtmxMiddleware(
        lambda request: act(
            request,
            template="actions/dialog.html",
            form=lambda data: PayBack(data, initial={"amount": Money(8430, "EUR")}),
            perform=perform,
            done=lambda amount: Done(
                f"{amount.minor} is on its way back", url="/refunds/REF/", link="Open the refund"
            ),
            back="/payments/PAY/",
            effects=lambda form: [
                Notice("Finance must approve first"),
                Effect(
                    f"{form.cleaned_data['amount'].minor} goes back" if "amount" in form.cleaned_data else "?"
                ),
            ],
            primary=lambda form: "Refund",
        )
    )(request)
    return response, did


def good(**more: str) -> dict[str, str]:
    return {"amount": "84.30", "reason": "Charged twice", "form_key": form_key(), **more}


def test_a_fresh_form_tells_what_it_would_do() -> None:
    response, did = ask()
    text = response.content.decode()
    assert response.status_code == 200 and not did
    assert 'name="form_key"' in text and "8430 goes back" in text and "Finance must approve first" in text
    assert "<html" in text
    part, _ = ask(htmx="dialog")
    assert "<html" not in part.content.decode() and "form_key" in part.content.decode()


def test_the_effects_follow_the_form_and_write_nothing() -> None:
    response, did = ask("post", {"amount": "10"}, htmx="effects")
    text = response.content.decode()
    assert response.status_code == 200 and not did
    assert "1000 goes back" in text and 'id="primary-label"' in text and "<form" not in text
    wrong, _ = ask("post", {"amount": "ten"}, htmx="effects")
    assert wrong.status_code == 200


def test_it_is_done_and_answered_with_a_toast() -> None:
    data = good()
    response, did = ask("post", data, htmx="dialog")
    assert did == [(Money(8430, "EUR"), data["form_key"])]
    text = response.content.decode()
    assert "8430 is on its way back" in text and "/refunds/REF/" in text
    assert "desk:changed" in response.headers["HX-Trigger-After-Settle"]


def test_without_scripts_it_leads_back() -> None:
    response, did = ask("post", good())
    assert did and response.status_code == 302 and response.headers["Location"] == "/payments/PAY/"


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        (
            InvalidInput("too_much", "84.30 EUR is left: enter that or less.", field="amount"),
            "84.30 EUR is left",
        ),
        (Conflict("moved_on", "Somebody refunded it meanwhile."), "Somebody refunded it meanwhile."),
        (Conflict("busy", "The gateway is busy.", retry_helps=True), "Trying again may help."),
        (InvalidInput("odd", "Somewhere else is wrong.", field="no_such_field"), "Somewhere else is wrong."),
    ],
)
def test_a_refusal_keeps_the_form_as_typed_with_its_key(raised: Any, sentence: str) -> None:
    data = good(reason="Charged twice & told")
    response, did = ask("post", data, htmx="dialog", raises=raised)
    text = response.content.decode()
    assert response.status_code == 422 and not did
    assert sentence in text and data["form_key"] in text


@pytest.mark.parametrize("key", ["", "short", "x" * 5000, "'; DROP TABLE"])
def test_a_form_without_its_key_does_nothing(key: str) -> None:
    response, did = ask("post", good(form_key=key), htmx="dialog")
    assert response.status_code == 422 and not did
    assert "without its key" in response.content.decode()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "Enter an amount in EUR."),
        ("0", "above zero"),
        ("-5", "without the minus"),
        ("1.234", "EUR"),
        ("5 USD", "in EUR, not USD"),
        ("999999999999", "enter a smaller one"),
        ("ten", "is not an amount"),
    ],
)
def test_an_amount_is_money_or_a_sentence(text: str, error: str) -> None:
    form = PayBack({"amount": text, "reason": "x"})
    assert not form.is_valid()
    assert error in " ".join(form.errors["amount"])


def test_an_amount_is_shown_as_it_is_read() -> None:
    form = PayBack(initial={"amount": Money(128430, "EUR")})
    assert 'value="1,284.30"' in str(form["amount"])
    assert PayBack({"amount": "1,284.30", "reason": "x"}).is_valid()


def test_an_offer_is_refused_by_role_and_hidden_until_it_is_built() -> None:
    auditor, finance = make.member("auditor"), make.member("finance")
    (refused,) = offer(auditor, "Start", "payments:index", permission="refunds.issue")
    assert "Support, Finance and Admin may" in refused.refusal
    (allowed,) = offer(finance, "Start", "payments:index", permission="refunds.issue")
    assert allowed.refusal == ""
    assert offer(finance, "Start", "no:such", permission="refunds.issue") == []


def test_without_scripts_a_button_tells_what_would_happen_and_does_nothing() -> None:
    page = ask()[0].content.decode()
    assert '<noscript><button type="submit" class="btn btn-sm" name="look"' in page
    key = form_key()
    response, did = ask("post", {"amount": "24.00", "reason": "", "form_key": key, "look": "yes"})
    told = response.content.decode()
    assert response.status_code == 200 and not did
    assert "2400 goes back" in told and 'value="24.00"' in told and f'value="{key}"' in told
    assert "say why" not in told, "what is not filled yet is no mistake yet"
    wrong = ask("post", {"amount": "much", "reason": "", "form_key": key, "look": "yes"})[0].content.decode()
    assert "aria-invalid" in wrong and 'value="much"' in wrong
