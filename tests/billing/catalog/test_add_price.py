"""A change of a price is another row with the next version; what is written never changes."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from billing.catalog import services
from billing.catalog.packaging import PackagePriceWanted, PackageWords
from billing.catalog.pricing import PriceWanted
from billing.errors import Conflict, InvalidInput
from billing.history.actors import person
from billing.models import HistoryEntry, PackagePrice, Price
from tests import make

pytestmark = pytest.mark.django_db
TOVE = person(3, "Tove Ahlgren")
BY = {"reason": "Dearer rooms", "actor": TOVE, "now": make.NOW}
WANTED = PriceWanted("EUR", 2900, "month")
TOKENS = PackagePriceWanted("EUR", 2000, 100_000, valid_days=365)


def test_the_next_version_takes_over_and_the_old_one_stays_with_who_pays_it() -> None:
    tier = make.tier()
    first = services.add_price(tier_id=tier.pk, wanted=WANTED, based_on=0, **BY)
    paid = make.subscription(at=first)
    wanted = replace(WANTED, amount_minor=3400)
    second = services.add_price(tier_id=tier.pk, wanted=wanted, based_on=1, **BY)
    first.refresh_from_db()
    assert (first.version, first.is_active, first.unit_amount_minor) == (1, False, 2900)
    assert (second.version, second.is_active, second.unit_amount_minor) == (2, True, 3400)
    assert paid.items.get().price == first
    entry = HistoryEntry.objects.filter(subject_kind="price", subject_id=second.pk).get()
    assert (entry.kind, entry.amount_minor, entry.facts["before_minor"]) == ("priced", 3400, 2900)


def test_a_version_that_somebody_else_wrote_in_between_is_a_conflict() -> None:
    tier = make.tier()
    services.add_price(tier_id=tier.pk, wanted=WANTED, based_on=0, **BY)
    with pytest.raises(Conflict):
        services.add_price(tier_id=tier.pk, wanted=replace(WANTED, amount_minor=1), based_on=0, **BY)
    with pytest.raises(InvalidInput):
        services.add_price(tier_id=tier.pk, wanted=WANTED, based_on=1, **BY)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "eur"}, "currency"),
        ({"currency": "XQX"}, "currency"),
        ({"amount_minor": -1}, "amount"),
        ({"interval_unit": "fortnight"}, "interval_unit"),
        ({"interval_count": 0}, "interval_count"),
        ({"interval_unit": "year", "interval_count": 4}, "interval_count"),
    ],
)
def test_what_cannot_be_sold_names_its_field(change: dict, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.add_price(tier_id=make.tier().pk, wanted=replace(WANTED, **change), based_on=0, **BY)
    assert refused.value.field == field


def test_flat_and_per_seat_are_versions_of_one_price() -> None:
    tier = make.tier()
    services.add_price(tier_id=tier.pk, wanted=WANTED, based_on=0, **BY)
    flat = services.add_price(tier_id=tier.pk, wanted=replace(WANTED, per_seat=False), based_on=1, **BY)
    assert (flat.version, flat.per_seat) == (2, False)


def test_an_archived_tier_takes_no_price_and_a_retired_price_stays_payable() -> None:
    tier = make.tier(is_archived=True)
    with pytest.raises(Conflict):
        services.add_price(tier_id=tier.pk, wanted=WANTED, based_on=0, **BY)
    price = make.price()
    services.retire_price(price_id=price.pk, **BY)
    with pytest.raises(Conflict):
        services.retire_price(price_id=price.pk, **BY)
    theirs = make.price(gateway="stripe", gateway_id="price_9")
    with pytest.raises(InvalidInput):
        services.retire_price(price_id=theirs.pk, **BY)


FIXED = {
    "billing_price": {
        "unit_amount_minor": "1",
        "currency": "'USD'",
        "interval_unit": "'year'",
        "interval_count": "2",
        "version": "9",
        "tax_inclusive": "NOT tax_inclusive",
        "per_seat": "NOT per_seat",
    },
    "billing_packageprice": {
        "amount_minor": "1",
        "currency": "'USD'",
        "units": "units + 1",
        "valid_days": "7",
        "version": "9",
        "tax_inclusive": "NOT tax_inclusive",
    },
}


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [(table, column, value) for table, columns in FIXED.items() for column, value in columns.items()],
)
def test_the_database_refuses_to_change_a_price_that_is_written(
    table: str, column: str, value: str, application_role: str
) -> None:
    row = make.subscription().items.get().price if table == "billing_price" else make.package_price()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (application_role,)
        with pytest.raises(DatabaseError, match="is fixed: a change is a new price"), transaction.atomic():
            cursor.execute(f"UPDATE {table} SET {column} = {value} WHERE id = %s", [row.pk])


def test_the_database_refuses_to_delete_a_price_that_is_paid() -> None:
    price = make.subscription().items.get().price
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("DELETE FROM billing_price WHERE id = %s", [price.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert Price.objects.filter(pk=price.pk).exists()


def test_a_package_has_one_current_price_per_currency() -> None:
    package = services.create_package(slug="small", unit="tokens", words=PackageWords("Small"), **BY)
    first = services.add_package_price(package_id=package.pk, wanted=TOKENS, based_on=0, **BY)
    second = services.add_package_price(
        package_id=package.pk, wanted=replace(TOKENS, units=120_000), based_on=1, **BY
    )
    dollars = services.add_package_price(
        package_id=package.pk, wanted=replace(TOKENS, currency="USD"), based_on=0, **BY
    )
    current = PackagePrice.objects.filter(is_active=True).order_by("currency")
    assert list(current) == [second, dollars]
    assert (first.version, second.version, dollars.version) == (1, 2, 1)
    with pytest.raises(Conflict):
        services.add_package_price(package_id=package.pk, wanted=replace(TOKENS, units=1), based_on=1, **BY)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_minor": 0}, "amount"),
        ({"units": 0}, "units"),
        ({"units": 10**16}, "units"),
        ({"valid_days": 0}, "valid_days"),
        ({"currency": "?"}, "currency"),
    ],
)
def test_a_package_price_that_cannot_be_sold_names_its_field(change: dict, field: str) -> None:
    package = make.token_package()
    with pytest.raises(InvalidInput) as refused:
        services.add_package_price(package_id=package.pk, wanted=replace(TOKENS, **change), based_on=0, **BY)
    assert refused.value.field == field
