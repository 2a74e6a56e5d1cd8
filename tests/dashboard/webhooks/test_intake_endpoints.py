"""Endpoints in the environment: declared, each with its own secrets, refused when malformed."""

import pytest

from billing.webhooks.endpoints import variable_of
from dashboard.environment import Reader
from dashboard.webhooks.environment import read_endpoints

GOOD = {
    "WEBHOOK_ENDPOINTS": "stripe/test, stripe/eu-live, paypal/eu, yookassa/shop",
    "STRIPE_TEST_WEBHOOK_SECRETS": "whsec_test00000",
    "STRIPE_EU_LIVE_WEBHOOK_SECRETS": "whsec_new000000,whsec_old000000",
    "PAYPAL_EU_WEBHOOK_IDS": "8PT597110X687430LKGECATA",
}


def read(**other: str) -> tuple[dict[str, dict[str, list[str]]], list[str]]:
    env = Reader({**GOOD, **other})
    return read_endpoints(env, env.words("WEBHOOK_ENDPOINTS")), env.refusals


def test_each_endpoint_has_the_words_of_its_own_variable() -> None:
    found, refusals = read()
    assert refusals == []
    assert found == {
        "stripe": {"test": ["whsec_test00000"], "eu-live": ["whsec_new000000", "whsec_old000000"]},
        "paypal": {"eu": ["8PT597110X687430LKGECATA"]},
        "yookassa": {"shop": []},
    }


@pytest.mark.parametrize(
    "word", ["stripe", "acme/test", "stripe/Test", "stripe/", "stripe/a/b", "stripe/test"]
)
def test_a_malformed_declaration_is_refused(word: str) -> None:
    _, refusals = read(WEBHOOK_ENDPOINTS=f"stripe/test,{word}")
    assert len(refusals) == 1
    assert refusals[0].startswith("WEBHOOK_ENDPOINTS must be a gateway and a name")


@pytest.mark.parametrize("secrets", ["", "sk_live_00000000", "whsec_", "whsec_new000000,oops"])
def test_an_endpoint_without_good_secrets_is_refused_by_its_variables_name(secrets: str) -> None:
    _, refusals = read(STRIPE_TEST_WEBHOOK_SECRETS=secrets)
    assert len(refusals) == 1
    assert refusals[0].startswith("STRIPE_TEST_WEBHOOK_SECRETS must be signing secrets")
    assert secrets in ("", "whsec_") or secrets not in refusals[0]


def test_the_variables_are_named_alike_where_they_are_read_and_where_they_are_missed() -> None:
    assert variable_of("stripe", "") == "STRIPE_WEBHOOK_SECRETS"
    assert variable_of("stripe", "eu-live") == "STRIPE_EU_LIVE_WEBHOOK_SECRETS"
    assert variable_of("sandbox", "test") == "SANDBOX_TEST_WEBHOOK_SECRETS"
    assert variable_of("paypal", "eu") == "PAYPAL_EU_WEBHOOK_IDS"


@pytest.mark.parametrize("networks", ["10.0.0.1/8", "proxy.internal", "10.0.0.0/99"])
def test_malformed_proxies_are_refused(networks: str) -> None:
    env = Reader({"TRUSTED_PROXIES": networks})
    assert env.networks("TRUSTED_PROXIES", []) == []
    assert env.refusals == [
        "TRUSTED_PROXIES must be IP addresses or networks such as 10.0.0.0/8, separated by commas."
    ]
