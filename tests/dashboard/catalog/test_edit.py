"""The dialogs of the catalog: who may, what they tell before, and what they refuse as it was typed."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.ids import form_key
from billing.models import (
    Feature,
    HistoryEntry,
    Meter,
    PackagePrice,
    Price,
    Quota,
    Tier,
    TierCredits,
    TierFeature,
    TokenPackage,
)
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make.member("admin"))
    return client


def at(name: str, *args: object) -> str:
    return reverse(f"catalog:{name}", args=args)


def hidden(page: str) -> dict[str, str]:
    """What the form carries along without showing it."""
    found = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', page)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def send(client: Client, address: str, **typed: object):
    carried = hidden(client.get(address).content.decode())
    return client.post(address, {"reason": "As agreed on Monday", **carried, **typed})


def preview(client: Client, address: str, **typed: object) -> str:
    carried = hidden(client.get(address).content.decode())
    headers = {"HX-Request": "true", "HX-Target": "effects"}
    answer = client.post(address, {"reason": "", **carried, **typed}, headers=headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_tier_is_made_and_leads_to_its_page(admin: Client) -> None:
    typed = {"name": "Team", "slug": "team", "trial_days": 14, "rank": 20, "is_public": "on"}
    answer = send(admin, at("new"), **typed, words="3 workspaces\n\nChat ")
    assert answer.headers["Location"] == at("show", "team")
    tier = Tier.objects.get()
    assert (tier.name, tier.trial_days, tier.features, tier.is_default) == (
        "Team", 14, ["3 workspaces", "Chat"], False,
    )  # fmt: skip
    assert "As agreed on Monday" in admin.get(at("show", "team")).content.decode()


def test_a_stale_form_is_refused_and_keeps_what_was_typed(admin: Client) -> None:
    tier = make.tier(slug="team", name="Team")
    carried = hidden(admin.get(at("edit", "team")).content.decode())
    tier.trial_days = 30
    tier.save()
    answer = admin.post(
        at("edit", "team"),
        {**carried, "name": "Team of many", "trial_days": 7, "rank": 2, "reason": "A better name"},
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Somebody has changed this since you opened it" in page
    assert 'value="Team of many"' in page and "A better name" in page
    tier.refresh_from_db()
    assert (tier.name, tier.trial_days) == ("Team", 30)


def test_an_edit_tells_whom_it_touches(admin: Client) -> None:
    tier = make.tier(slug="team", name="Team")
    for _ in range(3):
        make.subscription(at=make.price(tier, version=Price.objects.count() + 1))
    make.subscription(at=Price.objects.first(), state="canceled")
    typed = {"name": "Team", "rank": 2, "is_public": "on"}
    told = preview(admin, at("edit", "team"), **typed, trial_days=30)
    assert "3 subscriptions are on this tier" in told
    assert "Trials that start from now on last 30 days" in told
    assert "Nothing is changed yet" in preview(admin, at("edit", "team"), **typed, trial_days=0)


def test_a_price_tells_who_goes_on_paying_which(admin: Client) -> None:
    tier = make.tier(slug="team")
    old = make.price(tier, unit_amount_minor=2900, is_active=False)
    new = make.price(tier, unit_amount_minor=3400, version=2)
    for price in (old, new, new):
        make.subscription(at=price)
    address = f"{at('price', 'team')}?of={new.pk}"
    told = preview(admin, address, amount="40.00", per_seat="on")
    assert "New subscriptions pay 40.00 EUR, a seat" in told
    assert "6.00 EUR dearer than version 2, 18 %" in told
    assert "2 subscriptions go on paying version 2" in told
    assert "1 subscription goes on paying version 1" in told
    assert send(admin, address, amount="40.00", per_seat="on").status_code == 302
    third = Price.objects.get(version=3)
    assert (third.unit_amount_minor, third.is_active) == (4000, True)
    new.refresh_from_db()
    assert not new.is_active


def test_a_price_that_somebody_else_wrote_meanwhile_is_refused(admin: Client) -> None:
    tier = make.tier(slug="team")
    first = make.price(tier)
    address = f"{at('price', 'team')}?of={first.pk}"
    carried = hidden(admin.get(address).content.decode())
    make.price(tier, version=2, unit_amount_minor=1)
    answer = admin.post(address, {**carried, "amount": "40.00", "reason": "Dearer"})
    assert answer.status_code == 422
    assert "at version 2 by now" in answer.content.decode()
    assert 'value="40.00"' in answer.content.decode()
    assert Price.objects.count() == 2


@pytest.mark.parametrize(
    "typed", [{"currency": "XX"}, {"amount": "free"}, {"currency": ""}, {"amount": "-1"}]
)
def test_a_price_that_cannot_be_read_stays_as_typed(admin: Client, typed: dict) -> None:
    make.tier(slug="team")
    sent = {"currency": "EUR", "amount": "9.00", "interval_unit": "month", "interval_count": 1, **typed}
    answer = send(admin, at("price", "team"), **sent)
    assert answer.status_code == 422
    assert Price.objects.count() == 0


def test_a_price_is_retired(admin: Client) -> None:
    price = make.price(make.tier(slug="team"))
    assert send(admin, at("retire", "team", price.pk)).status_code == 302
    price.refresh_from_db()
    assert not price.is_active


def test_features_quotas_and_credits_are_set_and_stand_on_the_page(admin: Client) -> None:
    tier = make.tier(slug="team", name="Team")
    make.feature(slug="sso", name="Single sign-on")
    make.meter(slug="api-calls", name="API calls", unit="call")
    assert "It gives sso" in preview(admin, at("features", "team"), features=["sso"])
    assert send(admin, at("features", "team"), features=["sso"]).status_code == 302
    by_credits = {"limit": "10,000", "per": "month", "past": "credits"}
    paid = {**by_credits, "credit_unit": "tokens", "credits_each": "3"}
    told = preview(admin, at("quota", "team", "api-calls"), **paid)
    assert "10,000 calls a month" in told and "Paid by credits, 3 tokens each" in told
    answer = send(admin, at("quota", "team", "api-calls"), **by_credits)
    assert answer.status_code == 422 and "choose which credits pay" in answer.content.decode()
    assert send(admin, at("quota", "team", "api-calls"), **paid).status_code == 302
    granted = {"amount": "50,000", "per": "month", "rollover": "capped", "rollover_cap": "100,000"}
    assert send(admin, at("credits", "team", "tokens"), **granted).status_code == 302
    page = " ".join(admin.get(at("show", "team")).content.decode().split())
    for said in ("Single sign-on", "10,000 calls a month", "50,000 tokens a month", "up to 100,000"):
        assert said in page
    assert "10,000 calls a month" in admin.get(at("index")).content.decode()
    assert (TierFeature.objects.count(), Quota.objects.get().tier, TierCredits.objects.get().amount) == (
        1, tier, 50_000,
    )  # fmt: skip
    assert send(admin, at("drop_quota", "team", "api-calls")).status_code == 302
    assert send(admin, at("drop_credits", "team", "tokens")).status_code == 302
    assert (Quota.objects.count(), TierCredits.objects.count()) == (0, 0)


def test_a_smaller_quota_warns_of_those_who_are_past_it(admin: Client) -> None:
    tier = make.tier(slug="team")
    make.quota(tier, meter=make.meter(slug="api-calls"), limit=10_000)
    address = at("quota", "team", "api-calls")
    told = preview(admin, address, limit="5,000", per="month", past="hard")
    assert "stopped at once" in told
    assert "stopped at once" not in preview(admin, address, limit="", per="month", past="hard")


def test_packages_are_made_priced_and_archived(admin: Client) -> None:
    answer = send(admin, at("new_package"), name="Small", slug="small", unit="tokens", rank=1, is_public="on")
    assert answer.headers["Location"] == at("package", "small")
    assert (
        send(
            admin,
            at("package_price", "small"),
            currency="eur",
            units="100,000",
            amount="20.00",
            valid_days=365,
        ).status_code
        == 302
    )
    price = PackagePrice.objects.get()
    assert (price.currency, price.units, price.amount_minor, price.valid_days) == ("EUR", 100_000, 2000, 365)
    told = preview(admin, f"{at('package_price', 'small')}?of={price.pk}", units="120,000", amount="20.00")
    assert "120,000 tokens for 20.00 EUR" in told and "Before: 100,000" in told
    assert "They do not expire" in told
    page = admin.get(at("packages")).content.decode()
    assert "Small" in page and "20.00" in page
    assert send(admin, at("archive_package", "small")).status_code == 302
    assert send(admin, at("restore_package", "small")).status_code == 302
    assert (
        send(
            admin, at("edit_package", "small"), name="Small one", description="", rank=1, is_public="on"
        ).status_code
        == 302
    )
    assert TokenPackage.objects.get().name == "Small one"
    assert "Nobody has bought it yet" in admin.get(at("package", "small")).content.decode()


def test_features_and_meters_are_made_and_edited(admin: Client) -> None:
    assert send(admin, at("new_feature"), name="SSO", slug="sso", description="").status_code == 302
    counted = {"unit": "call", "aggregation": "sum", "rounding": "up"}
    assert send(admin, at("new_meter"), name="API calls", slug="api-calls", **counted).status_code == 302
    assert send(admin, at("edit_feature", "sso"), name="Single sign-on").status_code == 302
    assert send(admin, at("edit_meter", "api-calls"), name="Calls", **counted).status_code == 302
    assert (Feature.objects.get().name, Meter.objects.get().name) == ("Single sign-on", "Calls")
    page = admin.get(at("measures")).content.decode()
    assert "Single sign-on" in page and "Calls" in page and "no tier" in page
    assert send(admin, at("new_feature"), name="SSO", slug="sso").status_code == 422


def test_pressing_twice_does_it_once(admin: Client) -> None:
    make.tier(slug="team")
    carried = hidden(admin.get(at("archive", "team")).content.decode())
    sent = {**carried, "reason": "Nobody buys it"}
    assert admin.post(at("archive", "team"), sent).status_code == 302
    assert admin.post(at("archive", "team"), sent).status_code == 422
    assert HistoryEntry.objects.filter(kind="archived").count() == 1
    assert send(admin, at("restore", "team")).status_code == 302


DIALOGS = [
    ("new", ()),
    ("edit", ("team",)),
    ("archive", ("team",)),
    ("restore", ("team",)),
    ("price", ("team",)),
    ("features", ("team",)),
    ("quota", ("team", "api-calls")),
    ("drop_quota", ("team", "api-calls")),
    ("credits", ("team", "tokens")),
    ("new_feature", ()),
    ("new_meter", ()),
    ("edit_feature", ("sso",)),
    ("edit_meter", ("api-calls",)),
    ("new_package", ()),
    ("edit_package", ("small",)),
    ("package_price", ("small",)),
    ("archive_package", ("small",)),
    ("restore_package", ("small",)),
]


@pytest.mark.parametrize("role", ["support", "finance", "auditor"])
def test_only_admins_edit_and_everybody_reads(client: Client, role: str) -> None:
    make.quota(make.tier(slug="team"), meter=make.meter(slug="api-calls"))
    make.feature(slug="sso")
    make.token_package(slug="small")
    client.force_login(make.member(role))
    for name, args in DIALOGS:
        assert client.get(at(name, *args)).status_code == 403, name
        assert client.post(at(name, *args), {"form_key": form_key()}).status_code == 403, name
    for name, args in (("index", ()), ("packages", ()), ("measures", ()), ("show", ("team",))):
        page = client.get(at(name, *args))
        assert page.status_code == 200 and b"New price\xe2\x80\xa6" not in page.content.split(b"Your role")[0]
    assert client.get(at("package", "small")).status_code == 200


def test_many_packages_features_and_meters_cost_what_few_cost(admin: Client) -> None:
    def everything() -> list[int]:
        counts = []
        for name, args in (("packages", ()), ("measures", ()), ("package", ("small",)), ("show", ("team",))):
            with CaptureQueriesContext(connection) as queries:
                assert admin.get(at(name, *args)).status_code == 200
            counts.append(len(queries))
        return counts

    tier, package = make.tier(slug="team"), make.token_package(slug="small")

    def add() -> None:
        make.quota(tier)
        TierFeature.objects.create(tier=tier, feature=make.feature())
        make.package_price(package, version=PackagePrice.objects.count() + 1, is_active=False)
        make.package_price()

    add()
    everything()
    few = everything()
    for _ in range(6):
        add()
    assert everything() == few


def test_what_does_not_exist_is_not_found(admin: Client) -> None:
    make.tier(slug="team")
    for name, args in (
        ("edit", ("nothing",)),
        ("quota", ("team", "nothing")),
        ("credits", ("team", "money")),
        ("drop_credits", ("team", "tokens")),
        ("retire", ("team", 0)),
        ("package", ("nothing",)),
        ("edit_feature", ("nothing",)),
        ("edit_meter", ("nothing",)),
    ):
        assert admin.get(at(name, *args)).status_code == 404, name
    assert admin.get(f"{at('price', 'team')}?of=0").status_code == 404
    assert admin.get(f"{at('price', 'team')}?of=x").status_code == 404


def test_another_tax_class_tells_the_rates_and_whom_it_touches(admin: Client) -> None:
    price = make.price(make.tier(slug="press", name="Press"))
    make.subscription(make.customer(), price)
    typed = {"name": "Press", "trial_days": 0, "rank": 2, "is_public": "on", "tax_class": "reduced"}
    told = preview(admin, at("edit", "press"), **typed)
    assert "In the Netherlands 21 % of tax becomes 9 %" in told
    assert "1 subscription is on this tier" in told and "goes back at the rate that it was billed at" in told
    send(admin, at("edit", "press"), **typed)
    assert Tier.objects.get().tax_class == "reduced"
    assert "Reduced rate" in admin.get(at("show", "press")).content.decode()


def test_a_package_has_a_tax_class_of_its_own(admin: Client) -> None:
    made = make.token_package(slug="small", name="Small")
    typed = {"name": "Small", "rank": 0, "is_public": "on", "tax_class": "reduced"}
    assert "21 % of tax becomes 9 %" in preview(admin, at("edit_package", "small"), **typed)
    send(admin, at("edit_package", "small"), **typed)
    made.refresh_from_db()
    assert made.tax_class == "reduced"
    assert "Reduced rate" in admin.get(at("package", "small")).content.decode()
