"""A user of the host product becomes a customer on first touch, with the free tier and a credit account."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.errors import InvalidInput
from billing.history.actors import person, system
from billing.models import CreditAccount, Customer, IdentityKey, Invoice, Subscription, TierCredits
from billing.signups.services import ensure_customer, repair_customers
from tests import make

pytestmark = pytest.mark.django_db
HOST = person(1, "Halden")
NOW = make.NOW


def ensure(external_id: str = "user:1024", **more) -> Customer:
    return ensure_customer(
        external_id=external_id, email="lena@brueckner.example", actor=HOST, now=NOW, **more
    )


def free_tier(**more):
    tier = make.tier(slug="free", name="Free", is_default=True)
    return make.price(tier, **{"unit_amount_minor": 0, **more})


def test_first_touch_makes_a_customer_with_the_free_tier_and_an_account() -> None:
    price = free_tier()
    made = ensure(name="Lena Brückner", country="de", currency="eur", locale="de")
    assert (made.external_id, made.country, made.currency) == ("user:1024", "DE", "EUR")
    assert (made.identity.email, made.identity.name) == ("lena@brueckner.example", "Lena Brückner")
    assert IdentityKey.objects.filter(customer=made).exists()
    subscription = Subscription.objects.get()
    assert (subscription.customer, subscription.state) == (made, "active")
    assert subscription.items.get().price == price
    assert Invoice.objects.count() == 0
    account = CreditAccount.objects.get()
    assert (account.customer, account.unit, account.balance) == (made, "tokens", 0)


def test_the_free_tier_grants_its_credits() -> None:
    price = free_tier()
    TierCredits.objects.create(tier=price.tier, unit="ai_requests", amount=50, per="month")
    ensure()
    account = CreditAccount.objects.get()
    assert (account.unit, account.balance) == ("ai_requests", 50)


def test_later_touches_change_nothing_in_one_query() -> None:
    free_tier()
    first = ensure()
    with CaptureQueriesContext(connection) as queries:
        assert ensure(name="Somebody else").pk == first.pk
    assert len(queries) == 1
    assert first.identity.name == ""
    assert (Customer.objects.count(), Subscription.objects.count()) == (1, 1)


def test_what_is_missing_is_made_on_the_next_touch() -> None:
    known = make.customer(external_id="user:1024")
    free_tier()
    assert ensure().pk == known.pk
    assert Subscription.objects.get().customer == known
    assert CreditAccount.objects.get().customer == known


def test_whoever_had_a_subscription_gets_no_other() -> None:
    free_tier()
    known = make.customer(external_id="user:1024")
    make.subscription(of=known, state="canceled")
    ensure()
    assert Subscription.objects.count() == 1
    assert CreditAccount.objects.count() == 1


@pytest.mark.parametrize("price", [{"unit_amount_minor": 100}, {"is_active": False}, {"currency": "SEK"}])
def test_a_tier_that_is_not_free_is_never_started(price: dict) -> None:
    free_tier(**price)
    made = ensure()
    assert Subscription.objects.count() == 0
    assert CreditAccount.objects.get().customer == made


@pytest.mark.parametrize(
    "external_id", ["", "lena@brueckner.example", "a b", "a\n", "x" * 129, "-1", "user\x00", "ü"]
)
def test_an_id_that_could_be_an_address_is_refused(external_id: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ensure(external_id)
    assert refused.value.field == "external_id"
    assert Customer.objects.count() == 0


def test_the_database_takes_no_address_and_no_user_twice() -> None:
    make.customer(external_id="user:1")
    for external_id in ("user:1", "lena@brueckner.example"):
        with pytest.raises(DatabaseError), transaction.atomic():
            make.customer(external_id=external_id)
    make.customer()
    make.customer()


def test_the_repair_mends_those_who_lack_something_and_only_those() -> None:
    for number in range(3):
        make.customer(external_id=f"user:{number}")
    make.customer()
    free_tier()
    ensure("user:whole")
    assert "3 lack something" in said("--dry-run")
    assert "3 lacked something, 3 are mended" in said()
    assert "0 lacked something" in said()
    assert Subscription.objects.count() == 4


def test_one_who_cannot_be_mended_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    from billing.signups import services

    for number in range(3):
        make.customer(external_id=f"user:{number}")
    price = free_tier()
    start = services.start_subscription

    def start_or_refuse(**asked):
        if asked["customer_id"] == Customer.objects.order_by("pk")[1].pk:
            raise InvalidInput("price_unknown", "Price: choose one from the catalog.")
        return start(**asked)

    monkeypatch.setattr(services, "start_subscription", start_or_refuse)
    repaired = repair_customers(actor=system("repair"), now=NOW)
    assert (repaired.lacking, repaired.mended, len(repaired.refused)) == (3, 2, 1)
    assert Subscription.objects.filter(items__price=price).count() == 2


def said(*options: str) -> str:
    out = StringIO()
    call_command("repair_customers", *options, stdout=out)
    return out.getvalue()
