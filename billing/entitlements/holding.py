"""What a customer holds of one meter or feature: one statement each, so that asking stays cheap."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from billing.catalog.terms import QuotaTerms, Unknown
from billing.entitlements.rules import Terms, period_of, stretch_of
from billing.errors import Missing
from billing.logs import note_odd
from billing.periods import Period

__all__ = ["HeldFeature", "HeldMeter", "held_feature", "held_meter"]

METER = "SELECT * FROM billing_entitlement_meter(%s, %s, %s)"
FEATURE = "SELECT * FROM billing_entitlement_feature(%s, %s, %s)"


@dataclass(frozen=True, slots=True)
class HeldMeter:
    """A customer's tier and its quota on a meter; ``quota`` None where the tier does not give it, ``tier``
    empty where there is no tier at all."""

    customer_id: int
    meter_id: int
    meter: str
    meter_name: str
    tier: str
    tier_name: str
    subscription_id: int | None
    terms: Terms
    quota: QuotaTerms | None

    def stretch(self, at: datetime) -> Period:
        """From when to when the quota holds that a moment falls under."""
        assert self.quota is not None
        return stretch_of(self.quota.per, self.terms, at)

    def renews_at(self, at: datetime) -> datetime | None:
        """When the next allowance begins; None where none will."""
        end = self.stretch(at).end
        last = self.terms.ends
        return end if self.terms.goes_on or (last is not None and end < last) else None

    @property
    def period_of(self) -> Callable[[datetime], datetime]:
        return lambda at: period_of(self.terms, at).start


@dataclass(frozen=True, slots=True)
class HeldFeature:
    """Whether a customer's tier gives a feature, and which tier that is."""

    customer_id: int
    feature: str
    feature_name: str
    tier: str
    tier_name: str
    has: bool


def held_meter(customer_id: int, meter: str, *, at: datetime) -> HeldMeter:
    """One statement. Of several subscriptions, the tier of the highest rank that has a quota on the meter.

    Raises `Unknown` for a meter that the catalog does not have, `Missing` for a customer that is not.
    """
    row = _ask(METER, customer_id, meter, at)
    if row["meter"] is None:
        note_odd("entitlements.unknown_meter", slug=meter[:64])
        raise Unknown("meter_unknown", f'Meter: the catalog has none called "{meter[:64]}".', field="meter")
    _known(row, customer_id)
    quota = None
    if row["quota"] is not None:
        quota = QuotaTerms(
            meter_id=row["meter"],
            meter=meter,
            unit=row["unit"],
            aggregation=row["aggregation"],
            rounding=row["rounding"],
            limit=row["quota_limit"],
            per=row["per"],
            past=row["past"],
            credit_unit=row["credit_unit"],
            credits_each=row["credits_each"],
        )
    terms = Terms(
        row["anchor"],
        row["starts"],
        row["ends"],
        row["every"],
        row["every_count"],
        True if row["goes_on"] is None else row["goes_on"],
    )
    return HeldMeter(
        customer_id,
        row["meter"],
        meter,
        row["meter_name"],
        row["tier"] or "",
        row["tier_name"] or "",
        row["subscription"],
        terms,
        quota,
    )


def held_feature(customer_id: int, feature: str, *, at: datetime) -> HeldFeature:
    """One statement. Raises `Unknown` for a feature that the catalog does not have, `Missing` for a customer
    that is not."""
    row = _ask(FEATURE, customer_id, feature, at)
    if row["feature"] is None:
        note_odd("entitlements.unknown_feature", slug=feature[:64])
        raise Unknown(
            "feature_unknown", f'Feature: the catalog has none called "{feature[:64]}".', field="feature"
        )
    _known(row, customer_id)
    return HeldFeature(
        customer_id, feature, row["feature_name"], row["tier"] or "", row["tier_name"] or "", row["has"]
    )


def _known(row: dict[str, Any], customer_id: int) -> None:
    if row["customer"] is None:
        note_odd("entitlements.unknown_customer", customer=customer_id)
        raise Missing("customer_missing", "This customer is no longer here.", field="customer")


def _ask(statement: str, *said: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, said)
        names = [column[0] for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))
