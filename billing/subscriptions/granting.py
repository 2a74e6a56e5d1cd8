"""Giving subscriptions their credits: once for each grant period, whoever collects the money and asks first.

The billing run, a gateway's event, its replay, the reconciliation and the sweep all come here; the unique key
of a grant (subscription, grant period, kind, cause) lets one of them through.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, Sum

from billing.catalog.terms import Terms, terms_of
from billing.credits.granting import Cause, Renewal, grant_many
from billing.credits.lapsing import Cap, lapse_beyond
from billing.credits.models import CreditLot
from billing.history.actors import Actor
from billing.logs import add_facts, service
from billing.money import round_half_away
from billing.subscriptions.facts import facts_of
from billing.subscriptions.granting_rules import GRANTED, Due, Term, due, grant_period, next_due, topped_up
from billing.subscriptions.models import Subscription
from billing.subscriptions.plans import Facts, restarted

__all__ = [
    "give",
    "grant_due",
    "grant_period_credits",
    "grant_told",
    "kind_of",
    "plan_grants",
    "terms_for",
    "top_up",
]

BATCH = 1_000


def kind_of(unit: str) -> str:
    """What a tier's grant of a unit is called among the causes of lots."""
    return f"tier:{unit}"


def terms_for(facts: Facts, terms: Mapping[int, Terms]) -> list[Term]:
    """The credits that the plan gives: those of its first item's tier, for each seat where it is per seat."""
    if not facts.items:
        return []
    price, seats = facts.main.price, facts.main.quantity if facts.main.price.per_seat else 1
    return [
        Term(each.unit, each.amount * seats, each.per, each.rollover, each.rollover_cap)
        for each in terms[price.tier_id].credits
    ]


@service("subscriptions")
@transaction.atomic
def grant_period_credits(subscription_ids: Collection[int], *, actor: Actor, now: datetime) -> int:
    """Grants what is due to these subscriptions and says when the next is; gives how many grants were new.

    They stay locked until the transaction ends. As many statements for a thousand as for one.
    """
    rows = Subscription.objects.select_for_update(of=("self",)).filter(pk__in=list(subscription_ids))
    written = grant_locked(list(rows.order_by("pk")), actor=actor, now=now)
    add_facts(subscriptions=len(subscription_ids), granted=written)
    return written


def grant_locked(rows: Sequence[Subscription], *, actor: Actor, now: datetime) -> int:
    """As `grant_period_credits`, for rows that the caller has locked."""
    found, moved = plan_grants(rows, facts_of(rows), now=now)
    Subscription.objects.bulk_update(moved, ["credits_due_at"], batch_size=BATCH)
    return give(found, actor=actor, now=now)


def plan_grants(
    rows: Sequence[Subscription], facts: Mapping[int, Facts], *, now: datetime
) -> tuple[list[tuple[Facts, Due]], list[Subscription]]:
    """What is due to these rows by their facts, to be given by `give`; and the rows whose
    ``credits_due_at`` it has set, to be saved by the caller."""
    given = {pk: each for pk, each in facts.items() if each.items and each.state in GRANTED}
    terms = terms_of({each.main.price.tier_id for each in given.values()}) if given else {}
    found: list[tuple[Facts, Due]] = []
    moved: list[Subscription] = []
    for row in rows:
        if row.pk not in given or (row.credits_due_at is not None and row.credits_due_at > now):
            continue
        fact = given[row.pk]
        theirs = terms_for(fact, terms)
        found += [(fact, each) for each in due(fact, theirs, row.credits_due_at, now)]
        following = next_due(fact, theirs, now)
        if following != row.credits_due_at:
            row.credits_due_at = following
            moved.append(row)
    return found, moved


def give(found: Iterable[tuple[Facts, Due]], *, actor: Actor, now: datetime) -> int:
    """Grants what was planned, after what is beyond a cap has lapsed; gives how many grants were new.

    As many statements for a thousand as for one.
    """
    by_unit: dict[str, list[Renewal]] = {}
    caps: list[Cap] = []
    for facts, each in found:
        if each.expires_at is not None and each.expires_at <= now:
            continue
        if each.term.keeps == "capped":
            kind, begins = kind_of(each.term.unit), each.period.start.date()
            caps.append(Cap(facts.id, kind, begins, each.term.cap or 0))
        cause = Cause(facts.id, each.period.start.date(), kind_of(each.term.unit))
        renewal = Renewal(facts.customer_id, each.amount, cause, each.expires_at)
        by_unit.setdefault(each.term.unit, []).append(renewal)
    lapse_beyond(caps, actor=actor, now=now)
    return sum(
        grant_many(renewals=some, unit=unit, actor=actor, now=now, reason="Credits of the plan")
        for unit, some in by_unit.items()
    )


def grant_told(
    subscription_ids: Collection[int], changed: Collection[int] = (), *, actor: Actor, now: datetime
) -> int:
    """Grants what is due to subscriptions that a gateway told of, and tops up those whose plan ``changed``.

    Whichever of its messages comes first grants, and a replay grants nothing. One query where nothing is due.
    """
    due_now = Q(credits_due_at__isnull=True) | Q(credits_due_at__lte=now) | Q(pk__in=list(changed))
    wanted = Subscription.objects.filter(
        due_now,
        pk__in=list(subscription_ids),
        state__in=sorted(GRANTED),
        items__price__tier__credits__isnull=False,
    )
    ids = set(wanted.values_list("pk", flat=True))
    if not ids:
        return 0
    granted = grant_period_credits(ids, actor=actor, now=now)
    rows = Subscription.objects.filter(pk__in=ids & set(changed)).order_by("pk")
    for facts in facts_of(list(rows)).values():
        granted += _top_up_told(facts, actor, now)
    return granted


def _top_up_told(facts: Facts, actor: Actor, now: datetime) -> int:
    """What the plan gives beyond what its grant period was given, for the rest of it; once for each plan."""
    plan = f"plan:{facts.main.price.id}:{facts.main.quantity}"
    added = 0
    for term in terms_for(facts, terms_of({facts.main.price.tier_id})):
        period = grant_period(facts, term, now)
        had = _granted(facts.id, term.unit, period.start.date())
        more = round_half_away((term.amount - had) * period.left(now))
        if had and more > 0:
            each = Due(term, period, more)
            cause = Cause(facts.id, period.start.date(), kind_of(term.unit), plan)
            added += grant_many(
                renewals=[Renewal(facts.customer_id, more, cause, each.expires_at)],
                unit=term.unit,
                actor=actor,
                now=now,
                reason="Credits of the changed plan",
            )
    return added


def top_up(
    subscription: Subscription,
    *,
    before: Facts,
    after: Facts,
    change_id: int,
    actor: Actor,
    now: datetime,
    since: datetime | None = None,
) -> int:
    """Grants what a change of plan adds for the rest of the grant period; the caller holds the lock.

    The cause is the change. ``since`` is when the old plan stopped, if it was not just now. Gives how many
    credits were added, of all units.
    """
    added = 0
    for unit, amount, of in planned_top_up(subscription, before, after, now, since):
        cause = Cause(subscription.pk, of.period.start.date(), kind_of(unit), f"change:{change_id}")
        renewal = Renewal(subscription.customer_id, amount, cause, of.expires_at)
        if of.expires_at is None or of.expires_at > now:
            added += amount * grant_many(
                renewals=[renewal], unit=unit, actor=actor, now=now, reason="Credits of the changed plan"
            )
    terms = terms_of({after.main.price.tier_id})
    subscription.credits_due_at = next_due(after, terms_for(after, terms), now)
    subscription.save(update_fields=["credits_due_at"])
    return added


def planned_top_up(
    subscription: Subscription,
    before: Facts,
    after: Facts,
    now: datetime,
    since: datetime | None = None,
) -> list[tuple[str, int, Due]]:
    """What a change adds, by unit: the unit, how many, and the grant that it belongs to. Writes nothing."""
    if after.state not in GRANTED:
        return []
    terms = terms_of({before.main.price.tier_id, after.main.price.tier_id})
    stopped = since or now
    old = {each.unit: each for each in terms_for(before, terms)}
    found = []
    for term in terms_for(after, terms):
        period = grant_period(after, term, now)
        was = old.get(term.unit)
        had_period = grant_period(before, was, stopped) if was else period
        had = _granted(subscription.pk, term.unit, had_period.start.date()) if was else 0
        amount = topped_up(
            had=had,
            had_period=had_period,
            gives=term.amount,
            period=period,
            restarts=restarted(before, after),
            stopped=stopped,
            now=now,
        )
        if amount:
            found.append((term.unit, amount, Due(term, period, amount)))
    return found


def _granted(subscription_id: int, unit: str, period: date) -> int:
    lots = CreditLot.objects.filter(subscription=subscription_id, kind=kind_of(unit), grant_period=period)
    return lots.aggregate(sum=Sum("amount"))["sum"] or 0


@service("subscriptions")
def grant_due(*, actor: Actor, now: datetime, limit: int = 10_000) -> int:
    """Grants to subscriptions whose next credits are due, such as each month of a yearly plan; how many.

    Batch by batch, each in a transaction of its own and without those that somebody else has locked.
    """
    granted = seen = 0
    while seen < limit:
        with transaction.atomic():
            due_now = Subscription.objects.filter(
                credits_due_at__isnull=False, credits_due_at__lte=now, state__in=sorted(GRANTED)
            )
            # A period that waits for its renewal gets its credits with that.
            due_now = due_now.exclude(collected_by="us", current_period_end__lte=now)
            rows = due_now.select_for_update(skip_locked=True, of=("self",)).order_by("credits_due_at", "pk")
            some = list(rows[:BATCH])
            granted += grant_locked(some, actor=actor, now=now)
        seen += len(some)
        if len(some) < BATCH:
            break
    add_facts(seen=seen, granted=granted)
    return granted
