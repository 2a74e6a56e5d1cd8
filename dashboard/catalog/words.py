"""How the catalog reads: quotas, credits and prices as sentences, and its history."""

from typing import Any

from billing.catalog.giving import CreditsWanted, QuotaWanted
from billing.catalog.models import PackageUnit, Past, Per, Rollover, TaxClass
from billing.history.models import HistoryEntry
from billing.money import Money, format_amount
from dashboard.actions.timeline import Said, register
from dashboard.parts.formatting import grouped
from dashboard.parts.viewer import current_locale

PER = {Per.DAY: "a day", Per.MONTH: "a month", Per.PERIOD: "each billing period"}
NAMES = {
    "name": "Name",
    "description": "Description",
    "rank": "Rank",
    "trial_days": "Trial days",
    "is_public": "On the price list",
    "is_default": "For new users",
    "words": "Words on the price list",
    "tax_class": "Tax",
    "unit": "Unit",
    "aggregation": "Counting",
    "rounding": "Rounding",
}


def amount(minor: int, currency: str) -> str:
    return f"{format_amount(minor, currency, current_locale())} {currency}"


def unit_words(unit: str) -> str:
    return PackageUnit(unit).label.replace("Tokens", "tokens") if unit in PackageUnit.values else unit


def tax_class(value: str) -> str:
    """At which kind of rate a product is taxed."""
    return TaxClass(value).label if value in TaxClass.values else "As our settings say"


def per(value: str) -> str:
    return PER.get(Per(value), value) if value in Per.values else value


def quota(wanted: QuotaWanted, unit: str = "") -> str:
    """10,000 calls a month."""
    if wanted.limit is None:
        return f"Unlimited {many(unit)}".strip()
    what = unit if wanted.limit == 1 else many(unit)
    return f"{grouped(wanted.limit)} {what} {per(wanted.per)}".replace("  ", " ")


def many(unit: str) -> str:
    """More than one of a meter's unit."""
    if not unit:
        return ""
    return f"{unit[:-1]}ies" if unit.endswith("y") and unit[-2:-1] not in "aeiou" else f"{unit}s"


def past(wanted: QuotaWanted) -> str:
    """What happens past it."""
    if wanted.limit is None:
        return "There is no end to it"
    if wanted.past == Past.CREDITS:
        each = f"{grouped(wanted.credits_each or 0)} {unit_words(wanted.credit_unit)}"
        return f"Paid by credits, {each} each"
    return "Let through and counted" if wanted.past == Past.SOFT else "Refused"


def credits(wanted: CreditsWanted, unit: str) -> str:
    """50,000 tokens a month."""
    return f"{grouped(wanted.amount)} {unit_words(unit)} {per(wanted.per)}"


def kept(wanted: CreditsWanted) -> str:
    if wanted.rollover == Rollover.ALL:
        return "What is left is kept"
    if wanted.rollover == Rollover.CAPPED:
        return f"What is left is kept, up to {grouped(wanted.rollover_cap or 0)}"
    return "What is left lapses"


def _edited(entry: HistoryEntry) -> Said:
    changed = [NAMES.get(name, name) for name in entry.facts.get("changed", {})]
    return Said(f"{', '.join(changed) or 'Something'} changed", "pencil")


def _priced(entry: HistoryEntry) -> Said:
    money = Money(entry.amount_minor or 0, entry.currency)
    before = entry.facts.get("before_minor")
    was = f", before {amount(before, entry.currency)}" if before is not None else ""
    return Said(f"Version {entry.facts.get('version')}: {amount(money.minor, money.currency)}{was}", "tag")


def _features(entry: HistoryEntry) -> Said:
    added, removed = entry.facts.get("added") or [], entry.facts.get("removed") or []
    told = [f"gives {', '.join(added)}"] if added else []
    told += [f"no longer gives {', '.join(removed)}"] if removed else []
    return Said(f"The tier {' and '.join(told)}", "checks")


def _of(entry: HistoryEntry, name: str, made: Any, say: Any) -> str:
    held = entry.facts.get(name)
    return say(made(**held)) if held else "nothing"


def _quota(entry: HistoryEntry) -> Said:
    after = _of(entry, "after", QuotaWanted, quota)
    before = _of(entry, "before", QuotaWanted, quota)
    return Said(f"Quota of {entry.facts.get('meter')}: {after}, before {before}", "gauge")


def _no_quota(entry: HistoryEntry) -> Said:
    return Said(f"Quota of {entry.facts.get('meter')} taken out", "gauge")


def _credits(entry: HistoryEntry) -> Said:
    unit = str(entry.facts.get("unit"))
    after = _of(entry, "after", CreditsWanted, lambda wanted: credits(wanted, unit))
    before = _of(entry, "before", CreditsWanted, lambda wanted: credits(wanted, unit))
    return Said(f"Credits: {after}, before {before}", "coins")


def announce() -> None:
    """Says how the catalog's entries of history read."""
    for kind in ("tier", "tokenpackage", "feature", "meter"):
        register(kind, "edited", _edited)
        register(kind, "created", lambda entry: Said("Made", "circle-plus"))
        register(kind, "archived", lambda entry: Said("Taken out of sale", "archive"))
        register(kind, "restored", lambda entry: Said("Taken back into sale", "arrow-back-up"))
    for kind in ("price", "packageprice"):
        register(kind, "priced", _priced)
        register(kind, "retired", lambda entry: Said("A price was retired", "archive"))
    register("tier", "features_set", _features)
    register("tier", "quota_set", _quota)
    register("tier", "quota_dropped", _no_quota)
    register("tier", "credits_set", _credits)
    register("tier", "credits_dropped", lambda entry: Said("No more credits", "coins"))


announce()
