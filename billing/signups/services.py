"""Users of the host product as customers: made on first touch, with the free tier and a credit account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from billing.catalog.models import PackageUnit, Price, Tier, TierCredits
from billing.credits.models import CreditAccount
from billing.customers import identity
from billing.customers.models import Customer, Identity
from billing.errors import Refused
from billing.history.actors import Actor
from billing.history.keeping import lock_ids
from billing.history.services import record
from billing.ids import new_short_reference
from billing.logs import add_facts, note_odd, service
from billing.signups.rules import check_external_id
from billing.subscriptions.models import Subscription
from billing.subscriptions.starting import start_subscription

__all__ = ["Repaired", "ensure_customer", "lacking", "repair_customers"]

BATCH = 500
WHY = "A new user gets the free tier."


@dataclass(frozen=True, slots=True)
class Repaired:
    """How many lacked something, how many are mended, and of the others why not."""

    lacking: int
    mended: int
    refused: tuple[tuple[str, str], ...] = ()


@service("signups")
def ensure_customer(
    *,
    external_id: str,
    email: str,
    name: str = "",
    country: str = "",
    currency: str = "",
    locale: str = "",
    actor: Actor,
    now: datetime,
) -> Customer:
    """The customer of this user of the host product, made on first touch; once, however many ask at once.

    Whoever has never had a subscription gets that of the tier for new users, and a credit account where one
    is missing. A customer that is there is not told anew: what came with the first touch stays. One query
    where nothing is missing. Raises `InvalidInput` for an id that could be an address.
    """
    external_id = check_external_id(external_id)
    known = _standing().filter(external_id=external_id).first()
    if known is not None and known.had_subscription and known.has_account:  # type: ignore[attr-defined]
        return known
    with transaction.atomic():
        lock_user(external_id)
        customer = Customer.objects.filter(external_id=external_id).first()
        if customer is None:
            customer = _make(external_id, email, name, country, currency, locale, actor, now)
        _complete(customer, actor=actor, now=now)
    add_facts(customer=customer.reference, made=known is None)
    return customer


def lock_user(external_id: str) -> None:
    """Holds this user, known or not, until the transaction ends."""
    lock_ids(Customer._meta.db_table, "host", [external_id])


def _standing() -> QuerySet[Customer]:
    return Customer.objects.annotate(had_subscription=_had_subscription(), has_account=_has_account())


def _had_subscription() -> Exists:
    return Exists(Subscription.objects.filter(customer=OuterRef("pk")))


def _has_account() -> Exists:
    return Exists(CreditAccount.objects.filter(customer=OuterRef("pk"), currency=""))


def _make(
    external_id: str,
    email: str,
    name: str,
    country: str,
    currency: str,
    locale: str,
    actor: Actor,
    now: datetime,
) -> Customer:
    made = Customer.objects.create(
        reference=new_short_reference("CUS"),
        external_id=external_id,
        country=country.upper()[:2],
        currency=currency.upper()[:3] or settings.REPORTING_CURRENCY,
        locale=locale[:16],
        created_at=now,
    )
    identity.make_keys([made])
    Identity.objects.create(customer=made, name=name[:200], email=email[:254])
    record(made, "created", actor=actor, now=now)
    return made


def _complete(customer: Customer, *, actor: Actor, now: datetime) -> bool:
    """Gives what is missing; says whether anything was."""
    free = Tier.objects.filter(is_default=True).first()
    started = False
    if not Subscription.objects.filter(customer=customer).exists():
        started = _start_free(customer, free, actor=actor, now=now)
    opened = _open_accounts(customer, free, now)
    return started or opened


def _start_free(customer: Customer, free: Tier | None, *, actor: Actor, now: datetime) -> bool:
    """A tier that costs something is never started for somebody who did not ask for it."""
    price = _free_price(free, customer.currency) if free else None
    if price is None:
        note_odd("signups.no_free_tier", customer=customer.reference, tier=free.slug if free else "")
        return False
    start_subscription(
        customer_id=customer.pk,
        price_id=price.pk,
        asked_by="system",
        reason=WHY,
        key=f"signup:{customer.reference}",
        actor=actor,
        now=now,
    )
    return True


def _free_price(tier: Tier, currency: str) -> Price | None:
    """The free price of a month in the customer's currency, else in the reporting currency."""
    prices = Price.objects.filter(tier=tier, is_active=True, unit_amount_minor=0, gateway="")
    found = {(each.currency, each.interval_unit): each for each in prices.order_by("version", "pk")}
    for code in (currency, settings.REPORTING_CURRENCY):
        for unit in ("month", "year", "week", "day"):
            if (code, unit) in found:
                return found[code, unit]
    return None


def _open_accounts(customer: Customer, free: Tier | None, now: datetime) -> bool:
    """An empty account of each unit that the free tier grants, of tokens at least."""
    units = set(TierCredits.objects.filter(tier=free).values_list("unit", flat=True)) if free else set()
    wanted = units or {PackageUnit.TOKENS.value}
    there = set(CreditAccount.objects.filter(customer=customer, currency="").values_list("unit", flat=True))
    if there and wanted <= there:
        return False
    CreditAccount.objects.bulk_create(
        [CreditAccount(customer=customer, unit=unit, created_at=now) for unit in sorted(wanted - there)],
        ignore_conflicts=True,
    )
    return True


def lacking() -> QuerySet[Customer]:
    """Users of the host product without a subscription, ever, or without a credit account."""
    return Customer.objects.exclude(external_id="").filter(~_had_subscription() | ~_has_account())


@service("signups")
def repair_customers(*, actor: Actor, now: datetime) -> Repaired:
    """Gives every user of the host product what is missing; each in a transaction of its own, so that one
    who cannot be mended stops nobody. Doing it again changes nothing."""
    ids = list(lacking().order_by("pk").values_list("pk", flat=True))
    mended, refused = 0, []
    for start in range(0, len(ids), BATCH):
        for customer in Customer.objects.filter(pk__in=ids[start : start + BATCH]).order_by("pk"):
            try:
                mended += _repair(customer, actor=actor, now=now)
            except Refused as trouble:  # quiet: told to whoever repairs, and in the log by the service
                refused.append((customer.reference, trouble.sentence))
    add_facts(lacking=len(ids), mended=mended, refused=len(refused))
    return Repaired(len(ids), mended, tuple(refused))


@transaction.atomic
def _repair(customer: Customer, *, actor: Actor, now: datetime) -> bool:
    lock_user(customer.external_id)
    return _complete(customer, actor=actor, now=now)


def sentences_of(repaired: Repaired) -> Sequence[str]:
    """What a repair says, line by line."""
    told = [f"{repaired.lacking:,} lacked something, {repaired.mended:,} are mended."]
    return [*told, *(f"{reference}: {why}" for reference, why in repaired.refused)]
