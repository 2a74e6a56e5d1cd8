"""Nothing secret reaches a line."""

import io
import json
import logging
from pathlib import Path

import pytest
import structlog

from billing.redaction import is_secret_name, redact, redact_text
from dashboard.logs.config import renderers, shared_processors

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "data" / "redaction" / "vectors.json"

SECRET = [
    ("card 4000 0027 6000 3184 declined", "4000 0027 6000 3184"),
    ("card 4000-0027-6000-3184", "4000-0027-6000-3184"),
    ("IBAN NL91 ABNA 0417 1643 00.", "0417 1643 00"),
    ("GB29NWBK60161331926819 failed", "NWBK60161331926819"),
    ("Authorization: Bearer abcDEF123456789", "abcDEF123456789"),
    ("sk_live_51HxyzABCDEF in the header", "51HxyzABCDEF"),
    ("rk_test_51HxyzABCDEF", "51HxyzABCDEF"),
    ("whsec_abcdef123456", "abcdef123456"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJzdWIiOiIxIn0"),
    ("postgresql://desk:hunter22@db/books", "hunter22"),
    ("password=hunter22&next=/", "hunter22"),
    ("wrote to ines.marchetti@halden.example", "nes.marchetti"),
]  # fmt: skip

HARMLESS = [
    "REF-20261121-4F7K2M9Q of 84.30 EUR",
    "pi_3OaBcD2eZvKYlo2C1gHsJkLm succeeded",
    "invoice 2026-000123 of 1234567890123",
    "500 tokens of package tokens-xl",
    "2026-11-21T08:13:35.123456Z",
    "ratio 0.12345678901234567",
]


@pytest.mark.parametrize(("text", "secret"), SECRET)
def test_takes_out_what_is_secret(text: str, secret: str) -> None:
    assert secret not in redact_text(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_leaves_the_rest_readable(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.skipif(not VECTORS.exists(), reason="the collection of published examples is not here")
def test_takes_out_published_examples() -> None:
    leaks = [
        each["input"]
        for each in json.loads(VECTORS.read_text())
        # A number that fails Luhn's check is no card: references and ids would be lost with it.
        if not each.get("soft")
        and any(secret in redact_text(each["input"]) for secret in each["must_not_appear"])
    ]
    assert leaks == []


def test_goes_down_into_what_is_nested() -> None:
    event = {
        "customer": {"email": "ines@halden.example", "iban": "DE89370400440532013000"},
        "headers": [{"Authorization": "Bearer abcDEF123456789"}, ("sk_test_51HxyzABCDEF",)],
        "number": 4242424242424242,
        "tokens": 500,
    }
    shown = json.dumps(redact(event))
    for secret in ("ines@", "DE8937", "abcDEF", "51Hxyz", "4242424242424242"):
        assert secret not in shown
    assert '"tokens": 500' in shown


@pytest.mark.parametrize("name", ["password", "client_secret", "STRIPE_API_KEY", "Authorization", "cvc"])
def test_names_that_are_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["token_package", "tokens", "token", "csrf_token", "secretary", "reference"])
def test_names_that_are_not(name: str) -> None:
    assert not is_secret_name(name)


def test_a_traceback_is_redacted_too() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=renderers(as_json=True), foreign_pre_chain=shared_processors()
        )
    )
    logger = logging.getLogger("test.redaction")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        raise ConnectionError("sk_live_51HxyzABCDEF at 4242424242424242")
    except ConnectionError:
        logger.exception("gateway said %s", "whsec_abcdef123456")
    logger.removeHandler(handler)
    line = json.loads(written.getvalue())
    assert line["level"] == "error" and "ConnectionError" in line["exception"]
    for secret in ("51HxyzABCDEF", "4242424242424242", "abcdef123456"):
        assert secret not in written.getvalue()
