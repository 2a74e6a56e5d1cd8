"""What an action on a subscription would do, in sentences."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from billing.billing_run.settling import Coming
from billing.catalog.models import Feature
from billing.errors import Refused
from billing.money import Money, format_money
from billing.subscriptions.previews import Preview, PreviewLine
from dashboard.actions import credit_words
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import full_day
from dashboard.parts.viewer import current_locale

__all__ = ["day", "money", "tell", "tell_usage", "told", "with_amount"]

type Said = list[Effect | Notice]


def money(amount: Money) -> str:
    return format_money(amount, current_locale())


def day(at: datetime) -> str:
    """The day as periods are counted: in UTC."""
    return full_day(at.date())


def told(preview: Callable[[], Preview], words: Callable[[Preview], Said], form: Any = None) -> Said:
    """The sentences of a preview, or why it would be refused; the form keeps what is invoiced at once."""
    try:
        made = preview()
    except Refused as refusal:
        return [Notice(refusal.sentence, "", "bad")]
    if form is not None:
        form.invoiced = made.total
    return words(made)


def with_amount(label: str, form: Any) -> str:
    """A button that repeats the amount that `told` has kept, if there is one."""
    amount: Money | None = getattr(form, "invoiced", None)
    return f"{label} · {money(amount)}" if amount is not None and amount.is_positive else label


def tell(preview: Preview, *, charges: bool = True) -> Said:
    """Every effect of a preview: what is billed, what comes next, credits and access."""
    return [*_bill(preview, charges), *_next(preview), *_credits(preview), *_access(preview)]


def tell_usage(used: Sequence[Coming], *, now: bool) -> Said:
    """What was used of meters with a price, and when it is billed; of an end to come only the latter."""
    if used and not now:
        return [Effect("What it uses until then is billed with its end", "On a last invoice.", "gauge")]
    return [
        Effect(
            f"And the usage up to now: {each.meter}, {_past(each)}",
            "On a last invoice, with what is still told of it, as soon as all of it is known.",
            "gauge",
        )
        for each in used
    ]


def _past(used: Coming) -> str:
    if not used.billed:
        return "nothing past what is included"
    past = "" if used.billed == used.quantity else " past what is included"
    return f"{used.billed.normalize():,f}{past} for {money(used.amount)}"


def _bill(preview: Preview, charges: bool) -> Said:
    said: Said = [_line(each) for each in preview.lines]
    if preview.total is not None:
        how = "and charged to the payment method" if charges else "and sent to be paid"
        if preview.total.is_positive:
            taxed = preview.tax is not None and preview.tax.is_positive
            tax = f"{money(preview.tax)} of it is tax." if preview.tax and taxed else "Without tax."
            said.append(Effect(f"{money(preview.total)} is invoiced now {how}", tax, "file-invoice"))
        elif preview.lines:
            said.append(Effect("An invoice of nothing shows what was set off", "", "file-invoice"))
    if preview.waits is not None and preview.waits.is_positive:
        sentence = f"{money(preview.waits)} is given back on a later invoice"
        said.append(Effect(sentence, "At the tax rate it was billed at.", "arrow-back-up"))
    if preview.gives_back is not None and preview.gives_back.is_positive:
        sentence = f"{money(preview.gives_back)} of unused time is credited"
        said.append(Effect(sentence, "By credit note, with the tax it bore.", "arrow-back-up"))
    if not said:
        said.append(Effect("Nothing is invoiced now", "", "file-invoice"))
    return said


def _line(each: PreviewLine) -> Effect:
    part = each.period
    until = f"{day(part.start)} to {day(part.end)}" if part else ""
    return Effect(f"{each.description}: {money(each.net)}", until, "list-details")


def _next(preview: Preview) -> Said:
    if preview.next_on is None:
        return []
    if preview.next_total is None:
        return [Effect(f"It resumes on {day(preview.next_on)}", "A new period is billed then.", "calendar")]
    amount = money(preview.next_total) if preview.next_total.is_positive else "nothing"
    return [
        Effect(f"Next invoice on {day(preview.next_on)}: {amount}", "As things stand, with tax.", "calendar")
    ]


def _credits(preview: Preview) -> Said:
    said: Said = [
        Effect(f"{credit_words.amount(unit, '', amount)} are added now", "", "coins")
        for unit, amount in preview.credits
    ]
    for unit, amount, per in preview.regular:
        each = "month" if per == "month" else "period"
        said.append(Effect(f"{credit_words.amount(unit, '', amount)} each {each} from then on", "", "coins"))
    return said


def _access(preview: Preview) -> Said:
    said: Said = []
    if preview.gains:
        said.append(Effect("They gain " + _named(preview.gains), "", "lock-open"))
    if preview.loses:
        said.append(Effect("They lose " + _named(preview.loses), "", "lock"))
    return said


def _named(slugs: tuple[str, ...]) -> str:
    """Features as the catalog names them."""
    names = dict(Feature.objects.filter(slug__in=slugs).values_list("slug", "name"))
    return ", ".join(sorted(names.get(slug, slug) for slug in slugs))
