"""What an edit of the catalog will do and whom it touches, told while its form is typed; writes nothing."""

from dataclasses import asdict
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.utils import timezone

from billing.catalog.giving import CreditsWanted, QuotaWanted
from billing.catalog.models import Meter, PackagePrice, Price, Tier, TokenPackage
from billing.catalog.packaging import PackageWords
from billing.catalog.queries import payers_of
from billing.catalog.rules import differences
from billing.catalog.selling import TierWords
from billing.money import round_half_away
from billing.tax.places import country_name, place_of, rate_in
from dashboard.catalog import words
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import grouped

Told = list[Effect | Notice]


def subscriptions(count: int, one: str, many: str) -> str:
    """1 subscription is, 3 subscriptions are."""
    return f"{grouped(count)} subscription {one}" if count == 1 else f"{grouped(count)} subscriptions {many}"


def running_on(tier: Tier) -> int:
    """How many running subscriptions are on it, at whatever price."""
    return sum(payers_of(tier.prices.values_list("pk", flat=True)).values())


def of_new_tier(form: Any) -> Told:
    told: Told = [
        Effect("A tier without a price", "Nobody can subscribe to it until it has one.", "tag"),
        Effect("It gives nothing yet", "Add features, quotas and credits on its page.", "checks"),
    ]
    return [*_new_users(form, None), *told]


def _new_users(form: Any, tier: Tier | None) -> Told:
    if not form.cleaned_data.get("is_default") or (tier is not None and tier.is_default):
        return []
    now = Tier.objects.filter(is_default=True).first()
    instead = f"So far they get {now.name}." if now else "So far they get none."
    return [Notice("New users of the product get this tier", instead, "look", "user-plus")]


def of_tier(form: Any, tier: Tier) -> Told:
    """What changes, and that whoever is on the tier keeps what they pay."""
    changed = differences(asdict(TierWords.of(tier)), asdict(form.wanted())) if form.is_bound else {}
    if not changed:
        return [Effect("Nothing is changed yet", "", "pencil")]
    told: Told = [*_new_users(form, tier)]
    told.append(Effect(", ".join(words.NAMES[name] for name in changed), "What changes.", "pencil"))
    if "trial_days" in changed:
        old, new = changed["trial_days"]
        told.append(
            Effect(f"Trials that start from now on last {new} days", f"Before: {old}.", "calendar-time")
        )
        told.append(Effect("Trials under way end when they were to", "", "clock"))
    if "tax_class" in changed:
        told += _taxed(*changed["tax_class"])
        if tier.gateway:
            whose = tier.gateway.capitalize()
            told.append(Notice(f"What {whose} collects, {whose} taxes", "Set its tax there as well.", "look"))
        return [*told, _touched(tier, "Their price stays; their next invoice has the new rate.")]
    return [*told, _touched(tier, "Their price, and what they may use, stay as they are.")]


def _taxed(before: str, after: str) -> Told:
    """From which rate to which, at home and today, and that what was billed stays."""
    told: Told = []
    if settings.SELLER:
        home, today = place_of(settings.SELLER["country"]), timezone.localdate()
        usual = settings.SELLER["supplies"]
        (old, _), (new, _) = (rate_in(home, today, each or usual) for each in (before, after))
        told.append(
            Effect(
                f"In {country_name(home.country)} {old.normalize():f} % of tax becomes {new.normalize():f} %",
                "Elsewhere by each country's own rates, on the day of the tax point.",
                "receipt-tax",
            )
        )
    return [
        *told,
        Effect(
            "What was billed stays",
            "Unused time of it goes back at the rate that it was billed at; drafts keep theirs.",
            "history",
        ),
    ]


def _touched(tier: Tier, detail: str) -> Effect:
    return Effect(f"{subscriptions(running_on(tier), 'is', 'are')} on this tier", detail, "users")


def of_archiving(tier: Tier) -> Told:
    return [
        Effect("Nobody can subscribe to it any more", "It leaves the price list.", "archive"),
        _touched(tier, "They go on, and renew at the price they have."),
    ]


def of_restoring(tier: Tier) -> Told:
    return [
        Effect("It can be subscribed to again", "At the prices it has.", "arrow-back-up"),
        _touched(tier, "For them nothing changes."),
    ]


def of_price(form: Any, tier: Tier, of: Price | None) -> Told:
    """Who pays the new version, who goes on paying which, and by how much it is dearer."""
    wanted = form.wanted() if "minor" in form.cleaned_data else None
    if wanted is None:
        return [Effect("Enter the price", "Then this side tells who pays it.", "tag")]
    seat = "a seat" if wanted.per_seat else "flat"
    told: Told = [
        Effect(
            f"New subscriptions pay {words.amount(wanted.amount_minor, wanted.currency)}, {seat}",
            "With tax." if wanted.tax_inclusive else "Without tax.",
            "tag",
        )
    ]
    olds = list(
        Price.objects.filter(
            tier=tier,
            currency=wanted.currency,
            interval_unit=wanted.interval_unit,
            interval_count=wanted.interval_count,
        ).order_by("-version")
    )
    payers = payers_of([each.pk for each in olds])
    if olds and of is None:
        told.append(
            Notice(
                f"This price is at version {olds[0].version} already",
                "Change it from its own table, so that you see what it was.",
                "bad",
            )
        )
    if olds:
        told.append(_change(olds[0], wanted))
    for each in olds:
        if payers.get(each.pk):
            told.append(
                Effect(
                    f"{subscriptions(payers[each.pk], 'goes on', 'go on')} paying version {each.version}",
                    words.amount(each.unit_amount_minor, each.currency),
                    "users",
                )
            )
    if not any(payers.values()):
        told.append(Effect("Nobody pays an older version", "", "users"))
    if tier.gateway:
        told.append(
            Notice(
                "This price is ours alone",
                f"{tier.gateway.capitalize()} does not know it; our billing run collects it.",
                "look",
            )
        )
    return told


def _change(before: Price, wanted: Any) -> Effect:
    by = wanted.amount_minor - before.unit_amount_minor
    if not by:
        return Effect("The amount stays as it is", "", "scale")
    share = ""
    if before.unit_amount_minor:
        percent = round_half_away(Fraction(100 * abs(by), before.unit_amount_minor))
        share = f", {percent} %"
    word = "dearer" if by > 0 else "cheaper"
    return Effect(
        f"{words.amount(abs(by), wanted.currency)} {word} than version {before.version}{share}", "", "scale"
    )


def of_retiring(price: Price) -> Told:
    paying = payers_of([price.pk]).get(price.pk, 0)
    return [
        Effect(
            "It is offered to nobody new", words.amount(price.unit_amount_minor, price.currency), "archive"
        ),
        Effect(f"{subscriptions(paying, 'goes on', 'go on')} paying it", "", "users"),
    ]


def of_features(form: Any, tier: Tier, given: list[str]) -> Told:
    wanted = set(form.cleaned_data.get("features") or ()) if form.is_bound else set(given)
    added, removed = sorted(wanted - set(given)), sorted(set(given) - wanted)
    told: Told = [Effect(f"It gives {slug}", "", "check") for slug in added]
    told += [Notice(f"It no longer gives {slug}", "From this moment on.", "wait", "x") for slug in removed]
    if not told:
        return [Effect("Nothing is changed yet", "", "checks"), _touched(tier, "")]
    return [*told, _touched(tier, "It holds for all of them at once.")]


def of_quota(form: Any, tier: Tier, meter: Meter, held: QuotaWanted | None) -> Told:
    """What it was, what it becomes, and for how many at once."""
    wanted = form.wanted()
    told: Told = [Effect(words.quota(wanted, meter.unit), words.past(wanted), "gauge")]
    if held is not None:
        told.append(Effect(f"Before: {words.quota(held, meter.unit)}", words.past(held), "history"))
    else:
        told.append(Effect("Before: none of it", "Whoever asked for it was refused.", "history"))
    if held is not None and _is_less(wanted, held):
        told.append(
            Notice(
                "Whoever is past the new quota already is stopped at once",
                "Raise it again, or let credits pay, where that is not meant.",
                "wait",
            )
        )
    return [*told, _touched(tier, "It holds for all of them at once.")]


def _is_less(wanted: QuotaWanted, held: QuotaWanted) -> bool:
    if wanted.limit is None or wanted.past != "hard":
        return False
    return held.limit is None or (wanted.per == held.per and wanted.limit < held.limit)


def of_dropping(tier: Tier, what: str) -> Told:
    return [
        Notice(f"{what} can no longer be used on this tier", "From this moment on.", "wait"),
        _touched(tier, "It holds for all of them at once."),
    ]


def of_credits(form: Any, tier: Tier, unit: str, held: CreditsWanted | None) -> Told:
    wanted = form.wanted()
    if wanted is None:
        return [Effect("Enter how many", "", "coins")]
    told: Told = [Effect(words.credits(wanted, unit), words.kept(wanted), "coins")]
    before = f"{words.credits(held, unit)}. {words.kept(held)}." if held else "None."
    told.append(Effect(f"Before: {before}", "", "history"))
    return [
        *told,
        Effect("From each one's next grant on", "What was granted stays as it is.", "calendar-time"),
        _touched(tier, ""),
    ]


def of_no_credits(tier: Tier) -> Told:
    return [
        Effect("No more are granted", "What was granted stays.", "coins"),
        _touched(tier, ""),
    ]


def of_package_price(form: Any, package: TokenPackage, of: PackagePrice | None) -> Told:
    wanted = form.wanted() if "minor" in form.cleaned_data else None
    if wanted is None:
        return [Effect("Enter units and price", "Then this side tells what a buyer gets.", "package")]
    told: Told = [
        Effect(
            f"{grouped(wanted.units)} {words.unit_words(package.unit)} for "
            f"{words.amount(wanted.amount_minor, wanted.currency)}",
            "With tax." if wanted.tax_inclusive else "Without tax.",
            "package",
        ),
        Effect(
            f"Valid for {wanted.valid_days} days" if wanted.valid_days else "They do not expire",
            "From the day of the purchase.",
            "calendar-time",
        ),
    ]
    if of is not None:
        told.append(
            Effect(
                f"Before: {grouped(of.units)} for {words.amount(of.amount_minor, of.currency)}",
                "What was bought at it stays; a page that is open now is still honoured.",
                "history",
            )
        )
    return told


def of_new_package() -> Told:
    return [Effect("A package without a price", "Nobody can buy it until it has one.", "package")]


def of_shelving(package: TokenPackage, bought: int) -> Told:
    if package.is_archived:
        return [Effect("It can be bought again", "At the prices it has.", "arrow-back-up")]
    return [
        Effect("Nobody can buy it any more", "It leaves the price list.", "archive"),
        Effect(f"Bought {grouped(bought)} times so far", "What was bought stays.", "package"),
    ]


def of_package(form: Any, package: TokenPackage) -> Told:
    """What changes of a package: how it is shown, and how it is taxed from now on."""
    changed = differences(asdict(PackageWords.of(package)), asdict(form.wanted())) if form.is_bound else {}
    if not changed:
        return [Effect("Nothing is changed yet", "", "pencil")]
    told: Told = [Effect(", ".join(words.NAMES[name] for name in changed), "What changes.", "pencil")]
    if "tax_class" in changed:
        told += _taxed(*changed["tax_class"])
    return told


def of_name(form: Any) -> Told:
    return [Effect("How it is called changes", "What it means to programs, its slug, stays.", "pencil")]


def of_new_measure(form: Any) -> Told:
    return [Effect("No tier gives it yet", "Give it on the tiers' pages.", "checks")]
