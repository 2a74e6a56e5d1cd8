"""Using what one is entitled to: the quota first, then credits, else a refusal that says what is missing."""

from datetime import datetime
from decimal import Decimal

from billing.credits.burning import shortage
from billing.credits.models import CreditAccount
from billing.entitlements.holding import HeldMeter, held_meter
from billing.entitlements.rules import number_said, over_sentence
from billing.errors import NotAllowed
from billing.history.actors import Actor
from billing.logs import add_facts, service
from billing.metrics.services import count
from billing.usage.writing import Asked, Wrote, write

__all__ = ["OverQuota", "consume", "record_usage"]


class OverQuota(NotAllowed):
    """The quota has too little left, and credits do not pay the rest; nothing was written.

    ``renews_at`` is when the next allowance begins, None where none will. ``missing`` counts units past a
    quota, or credits where those were to pay (``credit_unit`` says which).
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        missing: Decimal | int = 0,
        renews_at: datetime | None = None,
        credit_unit: str = "",
        **facts: object,
    ) -> None:
        self.missing, self.renews_at, self.credit_unit = missing, renews_at, credit_unit
        super().__init__(
            code,
            sentence,
            field="quantity",
            facts={
                **facts,
                "missing": str(missing),
                "renews_at": renews_at.isoformat() if renews_at else None,
                "credit_unit": credit_unit,
            },
        )


@service("entitlements")
def record_usage(
    *,
    customer_id: int,
    meter: str,
    quantity: Decimal | int,
    key: str,
    at: datetime,
    actor: Actor,
    now: datetime,
    value: str = "",
) -> Wrote:
    """Records that a customer uses so much of a meter, if their tier lets them. Two queries.

    The quota of the moment ``at`` pays first, then credits in burn order. All of it is recorded or nothing.
    The same key with the same content gives the first answer again and counts nothing.

    Raises `OverQuota` when there is too little, `Unknown` for a meter and `Missing` for a customer that is
    not, `InvalidInput` for what cannot be taken (the future, a fraction too fine), `Conflict` for a key used
    for something else.
    """
    held = held_meter(customer_id, meter, at=now)
    if held.quota is None:
        add_facts(customer=customer_id, meter=meter, tier=held.tier)
        count("quota_hits", quota=meter)
        raise _not_given(held)
    wrote = write(
        Asked(customer_id, quantity, key, at, value),
        held.quota,
        period_of=held.period_of,
        actor=actor,
        now=now,
    )
    add_facts(customer=customer_id, meter=meter, usage=wrote.event_id, paid=wrote.paid)
    if wrote.outcome in ("over", "short"):
        count("quota_hits", quota=meter)
        raise _too_little(held, wrote, now)
    return wrote


#: Asking and recording are one step: what was only asked for could be gone when it is used.
consume = record_usage


def _not_given(held: HeldMeter) -> OverQuota:
    if not held.tier:
        return OverQuota(
            "no_subscription", f"Without a subscription there is no {held.meter_name}.", meter=held.meter
        )
    return OverQuota(
        "not_in_tier",
        f"{held.tier_name} does not include {held.meter_name}.",
        meter=held.meter,
        tier=held.tier,
    )


def _too_little(held: HeldMeter, wrote: Wrote, now: datetime) -> OverQuota:
    quota = held.quota
    assert quota is not None and quota.limit is not None
    renews_at = held.renews_at(wrote.counted_at)
    told = over_sentence(
        meter=held.meter_name, limit=quota.limit, per=quota.per, used=wrote.before, renews_at=renews_at
    )
    if wrote.outcome == "over":
        return OverQuota(
            "over_quota",
            told,
            missing=wrote.after - quota.limit,
            renews_at=renews_at,
            meter=held.meter,
            used=str(wrote.before),
            limit=quota.limit,
        )
    account = CreditAccount.objects.filter(customer=held.customer_id, unit=quota.credit_unit).first()
    short = shortage(account.pk if account else None, wrote.paid, wrote.available, now=now)
    comes = short.next_arrival
    more = f" New credits come on {comes:%Y-%m-%d at %H:%M} UTC." if comes else ""
    unit = quota.credit_unit.replace("_", " ")
    return OverQuota(
        "credits_short",
        f"{told} Past it, credits pay: {number_said(wrote.paid)} {unit} are needed and "
        f"{number_said(wrote.available)} are there.{more}",
        missing=short.missing,
        renews_at=min(filter(None, (renews_at, comes)), default=None),
        credit_unit=quota.credit_unit,
        meter=held.meter,
        used=str(wrote.before),
        limit=quota.limit,
        needed=wrote.paid,
        available=wrote.available,
        credits_come_at=comes.isoformat() if comes else None,
    )
