"""The API over a real connection: who may call, what it answers, and how it says no."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from billing.history.actors import person
from billing.models import CheckoutSession, Customer, Subscription, TierFeature, UsageEvent
from dashboard.api import door, keys
from dashboard.api.models import ApiCalls, ApiKey, Scope
from tests import make
from tests.billing.usage.desk import plan

pytestmark = pytest.mark.django_db(transaction=True)
TOVE = person(3, "Tove Ahlgren")


def key_for(*scopes: str, per_minute: int = 600) -> str:
    _, secret = keys.create_key(
        name="The product",
        scopes=list(scopes or Scope.values),
        per_minute=per_minute,
        reason="For the product's own backend",
        actor=TOVE,
        now=timezone.now(),
    )
    return secret


@pytest.fixture
def call(live_server: Any) -> Iterator[Callable[..., requests.Response]]:
    with requests.Session() as session:

        def send(method: str, path: str, secret: str = "", **more: Any) -> requests.Response:
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            headers |= more.pop("headers", {})
            return session.request(
                method, f"{live_server.url}/api/v1/{path}", headers=headers, timeout=60, **more
            )

        yield send


def subscriber(tier: Any, **more: Any) -> Customer:
    customer = make.customer(external_id=f"user-{make.serial()}", **more)
    now = timezone.now()
    make.subscription(
        customer,
        make.price(tier),
        anchor_at=now - timedelta(days=3),
        current_period_start=now - timedelta(days=3),
        current_period_end=now + timedelta(days=27),
    )
    return customer


def problem(response: requests.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    told = response.json()
    assert (told["status"], told["code"]) == (status, code)
    assert told["detail"].endswith((".", "…")) or told["code"] == "malformed"
    assert told["request_id"]
    return told


def test_the_api_describes_itself_without_a_key(call):
    told = call("GET", "openapi.json").json()
    assert set(told["paths"]) == {
        "/api/v1/plans",
        "/api/v1/customers/{user}",
        "/api/v1/customers/{customer}/me",
        "/api/v1/customers/{customer}/features/{feature}",
        "/api/v1/customers/{customer}/meters/{meter}",
        "/api/v1/usage",
        "/api/v1/customers/{customer}/trials",
        "/api/v1/customers/{customer}/checkouts",
        "/api/v1/customers/{customer}/checkouts/{reference}",
    }
    (scheme,) = told["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_without_a_key_with_a_wrong_one_and_with_a_revoked_one(call):
    secret = key_for()
    assert problem(call("GET", "plans"), 401, "key_missing")
    for wrong in (secret[:-1], f"{secret}x", secret.replace("chk_", "sk_"), "chk__", "x" * 5000):
        problem(call("GET", "plans", wrong), 401, "key_unknown")
    assert call("GET", "plans", secret).status_code == 200
    keys.revoke_key(key_id=ApiKey.objects.get().pk, reason="Left", actor=TOVE, now=timezone.now())
    problem(call("GET", "plans", secret), 401, "key_unknown")
    assert secret.split("_", 2)[2] not in json.dumps(list(ApiKey.objects.values()), default=str)


def test_each_call_needs_its_scope(call):
    wrong = {
        "plans": Scope.USAGE,
        "customers/x/me": Scope.CATALOG,
        "customers/x/features/y": Scope.CATALOG,
        "customers/x/meters/y": Scope.USAGE,
    }
    for path, scope in wrong.items():
        problem(call("GET", path, key_for(scope)), 403, "scope_missing")
    for path in ("usage", "customers/x/trials", "customers/x/checkouts"):
        problem(call("POST", path, key_for(Scope.CATALOG), json={}), 403, "scope_missing")


def test_a_key_may_call_so_often_in_a_minute(call):
    secret = key_for(per_minute=3)
    first = timezone.now().minute
    answers = [call("GET", "plans", secret) for _ in range(4)]
    if timezone.now().minute == first:
        told = problem(answers[-1], 429, "too_many_calls")
        assert "3 times a minute" in told["detail"]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert sum(ApiCalls.objects.values_list("count", flat=True)) == 4


def test_plans_are_what_the_catalog_sells(call):
    tier, meter = plan(limit=1000, past="credits", credit_unit="tokens", credits_each=2)
    make.price(tier, unit_amount_minor=9900, version=1)
    make.price(tier, unit_amount_minor=11900, version=2)
    make.tier(is_public=False)
    (told,) = call("GET", "plans", key_for()).json()["plans"]
    assert told["slug"] == tier.slug
    assert [each["unit_amount_minor"] for each in told["prices"]] == [11900]
    assert told["quotas"] == [
        {
            "meter": meter.slug, "unit": "call", "limit": 1000, "per": "month", "past": "credits",
            "credit_unit": "tokens", "credits_each": 2,
        }
    ]  # fmt: skip


def test_me_says_tier_usage_limits_and_credits(call):
    tier, meter = plan(limit=10)
    customer = subscriber(tier)
    secret = key_for()
    told = {"customer": customer.external_id, "meter": meter.slug, "key": "a", "quantity": "2.5"}
    sent = call("POST", "usage", secret, json={"events": [{**told, "at": timezone.now().isoformat()}]})
    assert sent.json()["recorded"] == 1
    me = call("GET", f"customers/{customer.external_id}/me", secret).json()
    assert me["customer"] == customer.reference
    assert [(each["slug"], each["state"]) for each in me["tiers"]] == [(tier.slug, "active")]
    (used,) = me["usage"]
    assert (used["meter"], used["used"], used["left"], used["limit"]) == (meter.slug, "2.5", "7.5", 10)
    one = call("GET", f"customers/{customer.reference}/meters/{meter.slug}", secret).json()
    assert one == used


def test_a_user_of_the_host_becomes_a_customer_once(call):
    secret, body = key_for(), {"email": "ana.lima@customer.example", "country": "PT", "currency": "EUR"}
    made = call("PUT", "customers/user-500", secret, json=body)
    assert made.status_code == 200, made.text
    again = call("PUT", "customers/user-500", secret, json={**body, "email": "other@customer.example"})
    assert again.json() == made.json()
    customer = Customer.objects.get(external_id="user-500")
    assert (made.json()["customer"], customer.identity.email) == (customer.reference, body["email"])
    problem(call("PUT", "customers/user-501", secret, json={"email": "nobody"}), 422, "malformed")
    assert call("PUT", "customers/a@b.example", secret, json=body).status_code == 422


def test_may_a_customer_use_a_feature(call):
    tier, _ = plan()
    customer, feature, other = subscriber(tier), make.feature(), make.feature(name="Single sign-on")
    TierFeature.objects.create(tier=tier, feature=feature)
    secret = key_for()
    base = f"customers/{customer.external_id}/features"
    assert call("GET", f"{base}/{feature.slug}", secret).json()["may"] is True
    no = call("GET", f"{base}/{other.slug}", secret).json()
    assert (no["may"], no["why"]) == (False, "Pro does not include Single sign-on.")
    problem(call("GET", f"{base}/audit-lgo", secret), 404, "feature_unknown")
    problem(call("GET", f"customers/nobody/features/{feature.slug}", secret), 404, "customer_missing")


def test_a_batch_records_what_it_can_and_says_what_is_missing(call):
    tier, meter = plan(limit=3)
    customer = subscriber(tier)
    secret, at = key_for(), timezone.now().isoformat()

    def event(key: str, quantity: int, **more: Any) -> dict[str, Any]:
        return {
            "customer": customer.reference, "meter": meter.slug, "key": key, "quantity": quantity, "at": at,
            **more,
        }  # fmt: skip

    body = {
        "events": [
            event("a", 2),
            event("b", 2),
            event("c", 1, meter="api-cals"),
            event("d", 1, customer="user-unknown"),
            event("e", 1),
        ]
    }
    told = call("POST", "usage", secret, json=body).json()
    assert (told["recorded"], told["refused"]) == (2, 3)
    over = told["events"][1]["problem"]
    assert (over["status"], over["code"], over["missing"]) == (402, "over_quota", "1")
    assert over["renews_at"]
    assert [each["problem"]["code"] for each in told["events"][2:4]] == ["meter_unknown", "customer_missing"]
    again = call("POST", "usage", secret, json=body).json()
    assert [each["outcome"] for each in again["events"]] == [
        "repeated", "refused", "refused", "refused", "repeated",
    ]  # fmt: skip
    assert UsageEvent.objects.count() == 2
    assert set(UsageEvent.objects.values_list("actor_ref", flat=True)) == {
        f"api:{ApiKey.objects.get().prefix}"
    }


def test_an_event_below_zero_is_refused_by_itself(call):
    tier, meter = plan(limit=10)
    customer = subscriber(tier)
    one = {"customer": customer.reference, "meter": meter.slug, "at": "2026-11-18T13:00:00Z"}
    body = {"events": [{**one, "key": "back", "quantity": "-2"}, {**one, "key": "on", "quantity": "1"}]}
    told = call("POST", "usage", key_for(), json=body).json()
    refused = told["events"][0]["problem"]
    assert (refused["status"], refused["code"]) == (422, "usage_is_not_taken_back")
    assert "Credit what was reported too much" in refused["detail"]
    assert not UsageEvent.objects.filter(key="back").exists()


def test_bodies_that_cannot_be_read(call, monkeypatch):
    secret = key_for()
    one = {"customer": "a", "meter": "b", "key": "c", "at": "2026-11-18T13:00:00Z"}
    problem(call("POST", "usage", secret, data="{"), 400, "unreadable")
    for body in (
        {},
        {"events": []},
        {"events": [one] * 201},
        {"events": [{**one, "quantity": "many"}]},
        {"events": [{**one, "at": "2026-11-18T13:00:00"}]},
        {"events": [{**one, "price": 1}]},
        {"events": [{**one, "key": "k" * 121}]},
    ):
        told = problem(call("POST", "usage", secret, json=body), 422, "malformed")
        assert told["errors"]
    monkeypatch.setattr(door, "LARGEST", 100)
    problem(call("POST", "usage", secret, json={"events": [one] * 3}), 413, "body_too_large")


def test_a_trial_takes_everything_from_the_catalog(call):
    tier, _ = plan()
    tier.trial_days = 14
    tier.save(update_fields=["trial_days"])
    price = make.price(tier)
    customer = make.customer(external_id="user-77")
    secret = key_for()
    path = "customers/user-77/trials"
    problem(
        call("POST", path, secret, json={"plan": tier.slug, "key": "t", "trial_days": 90}), 422, "malformed"
    )
    told = call("POST", path, secret, json={"plan": tier.slug, "key": "t", "address": "198.51.100.7"})
    assert told.status_code == 201, told.text
    made = Subscription.objects.get(customer=customer)
    assert (told.json()["subscription"], told.json()["state"]) == (made.reference, "trialing")
    assert made.items.get().price_id == price.pk
    again = call("POST", path, secret, json={"plan": tier.slug, "key": "t", "address": "198.51.100.7"})
    assert again.json()["subscription"] == made.reference
    problem(call("POST", path, secret, json={"plan": tier.slug, "key": "t2"}), 409, "trial_had")
    problem(call("POST", path, secret, json={"plan": "gold", "key": "t3"}), 422, "plan_not_sold")


def test_a_checkout_costs_what_the_catalog_says_and_returns_to_our_hosts_only(call, settings):
    settings.RETURN_HOSTS, settings.RETURN_URL = ["product.example"], "https://product.example/done"
    package = make.token_package()
    make.package_price(package)
    make.customer(external_id="user-78", currency="EUR")
    secret = key_for()
    path = "customers/user-78/checkouts"
    body = {"package": package.slug, "key": "c1", "return_url": "https://product.example.evil.example/"}
    problem(call("POST", path, secret, json={**body, "amount_minor": 1}), 422, "malformed")
    problem(call("POST", path, secret, json={**body, "package": "gold"}), 404, "package_unknown")
    told = call("POST", path, secret, json=body)
    assert told.status_code == 201, told.text
    session = CheckoutSession.objects.get()
    assert (told.json()["reference"], told.json()["state"]) == (session.reference, "open")
    assert session.return_url == "https://product.example/done"
    assert call("POST", path, secret, json=body).json()["reference"] == session.reference


def test_a_plan_is_bought_at_what_the_catalog_says(call, settings):
    settings.RETURN_HOSTS, settings.RETURN_URL = ["product.example"], "https://product.example/done"
    tier = make.tier(slug="team", name="Team")
    make.price(tier, unit_amount_minor=3333, per_seat=True)
    make.customer(external_id="user-79", country="DE", currency="EUR")
    secret = key_for()
    path = "customers/user-79/checkouts"
    body = {"plan": "team", "seats": 3, "key": "p1", "return_url": "https://eu.product.example/welcome"}
    for wrong in ({"price_minor": 1}, {"currency": "USD"}, {"quantity": 2}, {"package": "small"}):
        problem(call("POST", path, secret, json={**body, **wrong}), 422, "malformed")
    problem(call("POST", path, secret, json={"key": "p1"}), 422, "malformed")
    problem(call("POST", path, secret, json={**body, "plan": "gold"}), 422, "plan_not_sold")
    made = call("POST", path, secret, json=body)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["state"], told["currency"], told["amount_minor"], told["subscription"]) == (
        "open", "EUR", 11_899, None,
    )  # fmt: skip
    assert CheckoutSession.objects.get().return_url == "https://eu.product.example/welcome"
    assert call("POST", path, secret, json=body).json()["reference"] == told["reference"]
    assert call("GET", f"{path}/{told['reference']}", secret).json() == told
    problem(call("GET", f"{path}/CHK-20261118-00000000", secret), 404, "checkout_missing")
    make.customer(external_id="user-80")
    problem(call("GET", f"customers/user-80/checkouts/{told['reference']}", secret), 404, "checkout_missing")
    problem(call("GET", f"{path}/{told['reference']}", key_for(Scope.CATALOG)), 403, "scope_missing")


def test_a_plan_is_not_sold_to_whoever_has_one_or_has_no_country(call):
    tier = make.tier(slug="team", name="Team")
    price = make.price(tier)
    secret = key_for()
    make.subscription(make.customer(external_id="user-81"), price)
    body = {"plan": "team", "key": "p2"}
    told = problem(call("POST", "customers/user-81/checkouts", secret, json=body), 409, "already_subscribed")
    assert told["field"] == "plan"
    make.customer(external_id="user-82", country="")
    told = problem(
        call("POST", "customers/user-82/checkouts", secret, json=body), 422, "customer_without_country"
    )
    assert told["field"] == "country" and "none" in told["detail"]
    assert CheckoutSession.objects.count() == 0


def test_no_cookie_and_no_form_token_is_asked_for_and_none_is_given(call):
    told = call("POST", "usage", key_for(), json={"events": []})
    assert told.status_code == 422
    assert "Set-Cookie" not in told.headers


def test_nobody_is_named_in_the_log(call, caplog, capsys):
    tier, meter = plan(limit=1, aggregation="unique")
    customer = subscriber(tier)
    secret = key_for()
    call(
        "POST", "usage", secret,
        json={"events": [{
            "customer": customer.external_id, "meter": meter.slug, "key": "k",
            "at": timezone.now().isoformat(), "value": "jonas.weber@customer.example",
        }]},
    )  # fmt: skip
    written = capsys.readouterr()
    told = written.out + written.err + caplog.text
    assert "entitlements.record_usage" in told
    assert "jonas" not in told
    assert secret.split("_", 2)[2] not in told


def test_a_bug_is_a_problem_without_its_trace(call, monkeypatch):
    def broken(*args: Any, **more: Any) -> None:
        raise RuntimeError("with a secret in it")

    monkeypatch.setattr("dashboard.api.calls.queries.can_use", broken)
    customer = make.customer()
    told = problem(call("GET", f"customers/{customer.reference}/features/x", key_for()), 500, "broken")
    assert "secret" not in json.dumps(told)
