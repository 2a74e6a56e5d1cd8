"""Usage that nobody knows stops the subscription it concerns: it is never billed as none."""

from collections.abc import Iterable

from django.db.models import Q

from billing.catalog.terms import terms_of
from billing.periods import day_of
from billing.subscriptions.plans import Facts
from billing.usage.models import UsageGap

__all__ = ["unknown_usage"]


def unknown_usage(facts: Iterable[Facts]) -> dict[int, str]:
    """By subscription, why the usage of its ended period cannot be told; empty where it is known.

    A gap is a stretch of time whose usage of a meter is not known, for one customer or for all. While one is
    open in the period that ended, and the plan has a quota of that meter, nothing is billed. One query as
    long as no gap is open.
    """
    ended = [each for each in facts if each.period is not None and each.items]
    if not ended:
        return {}
    last = max(each.period.end for each in ended if each.period is not None)
    customers = {each.customer_id for each in ended}
    gaps = list(
        UsageGap.objects.filter(
            Q(customer=None) | Q(customer__in=customers), closed_at=None, starts_at__lt=last
        ).select_related("meter")
    )
    if not gaps:
        return {}
    terms = terms_of({item.price.tier_id for each in ended for item in each.items})
    found: dict[int, str] = {}
    for each in ended:
        meters = {
            quota.meter_id for item in each.items for quota in terms[item.price.tier_id].quotas.values()
        }
        gap = next((gap for gap in gaps if gap.meter_id in meters and _concerns(gap, each)), None)
        if gap is not None:
            found[each.id] = (
                f"{each.reference} is not billed: its usage of {gap.meter.name} is not known from "
                f"{day_of(gap.starts_at):%-d %B %Y} to {day_of(gap.ends_at):%-d %B %Y}. Report it and close "
                "the gap, then try again."
            )
    return found


def _concerns(gap: UsageGap, facts: Facts) -> bool:
    period = facts.period
    return (
        period is not None
        and gap.customer_id in (None, facts.customer_id)
        and gap.starts_at < period.end
        and gap.ends_at > period.start
    )
