"""Everything a customer holds at once, for their page and for the host product's "me"."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Q, Sum

from billing.catalog.models import Feature, Meter, Tier
from billing.catalog.terms import QuotaTerms, terms_of
from billing.credits.models import CreditLot, CreditUnit
from billing.entitlements.holding import HeldMeter
from billing.entitlements.queries import Allowance
from billing.entitlements.rules import Terms, period_of
from billing.periods import Period
from billing.usage.queries import counted, number_of

__all__ = ["Holding", "Standing", "standing_of"]

TIERS = "SELECT * FROM billing_entitlement_tiers(%s, %s)"


@dataclass(frozen=True, slots=True)
class Holding:
    """One tier that a customer is on; ``subscription_id`` None on the free tier without one."""

    tier: Tier
    subscription_id: int | None
    period: Period
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What a customer holds: tiers from large to small, features, what is left of each meter by name, and
    credits that can be used by unit."""

    holdings: tuple[Holding, ...]
    features: tuple[Feature, ...]
    allowances: tuple[tuple[Meter, Allowance], ...]
    credits: dict[str, int]


def standing_of(customer_id: int, *, now: datetime) -> Standing:
    """Everything that the customer holds now; at most ten queries, however much it is."""
    with connection.cursor() as cursor:
        cursor.execute(TIERS, [customer_id, now])
        rows = cursor.fetchall()
    tiers = Tier.objects.in_bulk({row[1] for row in rows})
    terms = terms_of(tiers)
    held = sorted(rows, key=lambda row: (-tiers[row[1]].rank, -(row[0] or 0)))
    when = {id(row): Terms(row[2], row[3], row[4], row[5], row[6], row[7]) for row in held}
    given: dict[str, tuple[QuotaTerms, tuple]] = {}
    for row in held:
        for slug, quota in terms[row[1]].quotas.items():
            given.setdefault(slug, (quota, row))
    credits = _credits(customer_id, now)
    meters = Meter.objects.in_bulk([quota.meter_id for quota, _ in given.values()])
    found = []
    wanted = {}
    for slug, (quota, row) in given.items():
        tier = tiers[row[1]]
        one = HeldMeter(
            customer_id, quota.meter_id, slug, meters[quota.meter_id].name, tier.slug, tier.name, row[0],
            when[id(row)], quota,
        )  # fmt: skip
        found.append(one)
        wanted[quota.meter_id] = (quota.per, one.stretch(now).start)
    counters = counted(customer_id, wanted)
    allowances = [
        (
            meters[one.meter_id],
            _allowance(one, number_of(counters.get(one.meter_id), meters[one.meter_id]), credits, now),
        )
        for one in found
    ]
    slugs = {slug for row in held for slug in terms[row[1]].features}
    return Standing(
        tuple(
            Holding(tiers[row[1]], row[0], period_of(when[id(row)], now), when[id(row)].goes_on)
            for row in held
        ),
        tuple(Feature.objects.filter(slug__in=slugs)),
        tuple(sorted(allowances, key=lambda each: each[0].name)),
        credits,
    )


def _allowance(one: HeldMeter, used: Decimal, credits: dict[str, int], now: datetime) -> Allowance:
    quota = one.quota
    assert quota is not None
    return Allowance(
        meter=one.meter,
        unit=quota.unit,
        tier=one.tier,
        given=True,
        limit=quota.limit,
        used=used,
        per=quota.per,
        past=quota.past,
        starts_at=one.stretch(now).start,
        renews_at=one.renews_at(now),
        credit_unit=quota.credit_unit,
        credits_each=quota.credits_each or 0,
        credits=credits.get(quota.credit_unit, 0),
    )


def _credits(customer_id: int, now: datetime) -> dict[str, int]:
    lots = CreditLot.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now),
        account__customer=customer_id,
        is_open=True,
        remainder__gt=0,
    ).exclude(account__unit=CreditUnit.MONEY)
    return dict(lots.values_list("account__unit").annotate(Sum("remainder")))
