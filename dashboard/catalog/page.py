"""What the catalog and a tier's page say: features, prices by currency and interval, and who pays which."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from billing.catalog.giving import CreditsWanted, QuotaWanted
from billing.catalog.models import Feature, Meter, PackageUnit, Past, Price, Tier
from billing.catalog.queries import (
    RUNNING,
    CreditTerms,
    Line,
    QuotaTerms,
    Terms,
    lines_of,
    terms_of,
    tiers,
)
from billing.history.queries import timeline_of
from billing.money import Money
from billing.subscriptions.listing import interval_of
from dashboard.access import may
from dashboard.actions.offers import offer
from dashboard.actions.related import list_link
from dashboard.actions.timeline import moments
from dashboard.catalog import words
from dashboard.catalog.usage_prices import usage_prices_of
from dashboard.parts.entries import Action, Fact, Moment, Notice
from dashboard.parts.states import State

#: A tier's and a price's standing, in the look of a state.
SOLD = State("tier", "sold", "Sold", "ok", "circle-check-filled")
HIDDEN = State("tier", "hidden", "By hand only", "idle", "eye-off")
ARCHIVED = State("tier", "archived", "Archived", "idle", "archive")
CURRENT = State("price", "current", "Current", "ok", "circle-check-filled")
KEPT = State("price", "kept", "Kept by some", "idle", "history")
RETIRED = State("price", "retired", "Retired", "idle", "archive")


def standing(tier: Tier) -> State:
    """Whether it can be bought, given by hand only, or not at all."""
    if tier.is_archived:
        return ARCHIVED
    return SOLD if tier.is_public else HIDDEN


def index_context(user: Any) -> dict[str, Any]:
    """Every tier with its price lines and what it gives; as many queries however many there are."""
    found = tiers()
    lines = lines_of(found)
    terms = terms_of(each.pk for each in found)
    rows = [_tier(tier, lines[tier.pk]) | {"gives": gives(terms[tier.pk])} for tier in found]
    return {
        "tiers": [row for row in rows if not row["tier"].is_archived],
        "archived": [row for row in rows if row["tier"].is_archived],
        "may_edit": may(user, "catalog.edit"),
        "as_of": timezone.now(),
    }


def gives(terms: Terms) -> list[str]:
    """What a tier gives, counted for the list: its quotas and credits in words, its features as a number."""
    told = [f"{words.quota(_wanted(each), each.unit)}" for each in terms.quotas.values()]
    told += [words.credits(_credits(each), each.unit) for each in terms.credits]
    count = len(terms.features)
    return [*([f"{count} feature{'' if count == 1 else 's'}"] if count else []), *told]


def _wanted(quota: QuotaTerms) -> QuotaWanted:
    return QuotaWanted(quota.limit, quota.per, quota.past, quota.credit_unit, quota.credits_each)


def _credits(terms: CreditTerms) -> CreditsWanted:
    return CreditsWanted(terms.amount, terms.per, terms.rollover, terms.rollover_cap)


def _tier(tier: Tier, lines: list[Line]) -> dict[str, Any]:
    return {
        "tier": tier,
        "url": reverse("catalog:show", args=[tier.slug]),
        "standing": standing(tier),
        "features": features(tier),
        "payers": sum(line.payers for line in lines),
        "payers_url": payers_url(tier=tier.slug),
        "lines": [_line(line) for line in lines],
    }


def features(tier: Tier) -> list[str]:
    """What comes with it, in words; a feature may be a text or a record with a name."""
    named = [each.get("name", "") if isinstance(each, dict) else str(each) for each in tier.features]
    return [each for each in named if each]


def payers_url(**narrowed: str) -> str:
    """The running subscriptions on a tier or at a price."""
    base = list_link("subscriptions:index", **narrowed)
    return base + "".join(f"&state={state}" for state in RUNNING) if base else ""


def _line(line: Line) -> dict[str, Any]:
    newest = line.newest
    befores = [*(price for price, _ in line.versions[1:]), None]
    return {
        "line": line,
        "interval": interval_of(newest),
        "newest_url": payers_url(price=str(newest.pk)) if line.versions[0][1] else "",
        "amount": Money(newest.unit_amount_minor, newest.currency),
        "newest": newest,
        "versions": [
            {
                "price": price,
                "amount": Money(price.unit_amount_minor, price.currency),
                "payers": payers,
                "url": payers_url(price=str(price.pk)) if payers else "",
                "standing": _standing_of(price, payers),
                "change": _change(price, before),
            }
            for (price, payers), before in zip(line.versions, befores, strict=True)
        ],
        "older": sum(payers for price, payers in line.versions[1:]),
    }


def _standing_of(price: Price, payers: int) -> State:
    if price.is_active:
        return CURRENT
    return KEPT if payers else RETIRED


def _change(price: Price, before: Price | None) -> Money | None:
    """How much dearer or cheaper than the version before; None for the first."""
    if before is None:
        return None
    return Money(price.unit_amount_minor - before.unit_amount_minor, price.currency)


def tier_context(tier: Tier, user: Any) -> dict[str, Any]:
    """Everything a tier's page shows; as many queries for one price as for a hundred."""
    row = _tier(tier, lines_of([tier])[tier.pk])
    terms = terms_of([tier.pk])[tier.pk]
    names = dict(Feature.objects.filter(slug__in=terms.features).values_list("slug", "name"))
    prices = [version["price"] for line in row["lines"] for version in line["versions"]]
    return {
        **row,
        **_terms(tier, terms),
        "given": [(slug, names[slug]) for slug in sorted(names, key=lambda slug: names[slug])],
        "may_edit": may(user, "catalog.edit"),
        "actions": _actions(user, tier),
        "facts": facts(tier, row),
        "notices": notices(tier, row),
        "entries": story(tier, prices),
    }


def _terms(tier: Tier, terms: Terms) -> dict[str, Any]:
    meters = list(Meter.objects.all())
    priced = usage_prices_of(tier)
    have = {each["meter"].pk for each in priced}
    named = {each.slug: each.name for each in meters}
    units = {each.unit for each in terms.credits}
    by_credits = {each.meter for each in terms.quotas.values() if each.past == Past.CREDITS}
    return {
        "quotas": [
            {
                "meter": each.meter,
                "name": named.get(each.meter, each.meter),
                "says": words.quota(_wanted(each), each.unit),
                "past": words.past(_wanted(each)),
            }
            for each in terms.quotas.values()
        ],
        "usage_prices": priced,
        "not_priced": [each for each in meters if each.pk not in have and each.slug not in by_credits],
        "paid_by_credits": [each for each in meters if each.slug in by_credits],
        "not_metered": [each for each in meters if each.slug not in terms.quotas],
        "credits": [
            {
                "unit": each.unit,
                "says": words.credits(_credits(each), each.unit),
                "kept": words.kept(_credits(each)),
            }
            for each in terms.credits
        ],
        "no_credits": [(unit.value, words.unit_words(unit)) for unit in PackageUnit if unit not in units],
    }


def _actions(user: Any, tier: Tier) -> list[Action]:
    def to(label: str, target: str, **more: Any) -> list[Action]:
        return offer(user, label, f"catalog:{target}", [tier.slug], permission="catalog.edit", **more)

    no_more = "New users get this tier. Choose another one for them first." if tier.is_default else ""
    shelve = (
        to("Take back into sale…", "restore", icon="arrow-back-up", kind="quiet")
        if tier.is_archived
        else to("Archive…", "archive", icon="archive", kind="quiet", refusal=no_more)
    )
    archived = "It is archived. Take it back into sale first." if tier.is_archived else ""
    return [
        *to("New price…", "price", icon="plus", kind="primary", refusal=archived),
        *to("Edit…", "edit", icon="pencil"),
        *shelve,
    ]


def facts(tier: Tier, row: dict[str, Any]) -> list[Fact]:
    trial = "none" if not tier.trial_days else f"{tier.trial_days} days"
    told = [
        Fact("Slug", tier.slug),
        Fact("Subscriptions", row["payers"], url=row["payers_url"], note="running"),
        Fact("Trial", trial),
        Fact("Tax", words.tax_class(tier.tax_class)),
        Fact("Rank", tier.rank),
        *([Fact("New users", "get this tier")] if tier.is_default else []),
        Fact("Since", timezone.localtime(tier.created_at).date()),
    ]
    if tier.gateway:
        told.insert(1, Fact("Gateway's id", tier.gateway_id))
    return told


def notices(tier: Tier, row: dict[str, Any]) -> list[Notice]:
    if tier.is_archived and row["payers"]:
        return [
            Notice(
                "Nobody can buy this tier any more, and it still has subscriptions",
                "They go on at the price they have until somebody moves them.",
                "idle",
                "archive",
                url=row["payers_url"],
                button="See them",
            )
        ]
    if not tier.is_public and not tier.is_archived:
        return [Notice("This tier is not on the price list", "It is given by hand.", "idle", "eye-off")]
    return []


def story(tier: Tier, prices: list[Price]) -> list[Moment]:
    """What happened to the tier and its prices, newest first: from history, else when each came about."""
    told = moments(timeline_of(tier, also=prices))
    if told:
        return told
    made: dict[Any, list[Price]] = {}
    for price in prices:
        if price.version > 1:
            made.setdefault(price.created_at, []).append(price)
    rows = [
        Moment(f"{len(some)} prices came to version {max(p.version for p in some)}", at, "tag")
        if len(some) > 1
        else Moment(f"A price came to version {some[0].version}", at, "tag")
        for at, some in made.items()
    ]
    rows.sort(key=lambda moment: moment.at, reverse=True)
    return [*rows, Moment("Tier was made", tier.created_at, "circle-plus")]
