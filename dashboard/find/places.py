"""Where hits lead: the address of each found object, the screens, and what can be done from anywhere."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from dashboard.parts.navigation import GROUPS, address, permitted
from reports.search import Group, Hit

PAGES = {
    "customer": ("customers:show", "building"),
    "payment": ("payments:show", "credit-card"),
    "refund": ("refunds:show", "receipt-refund"),
    "invoice": ("invoices:show", "file-invoice"),
    "subscription": ("subscriptions:show", "repeat"),
    "approval": ("approvals:show", "shield-check"),
    "dispute": ("disputes:show", "gavel"),
    "webhook": ("webhooks:show", "webhook"),
}

#: What a person can start from anywhere: label, url name, icon, permission, further words it answers to.
ACTIONS = (
    ("Refund a payment…", "refunds:choose", "receipt-refund", "refunds.issue", "money back"),
    ("Import from Stripe…", "imports:new", "database-import", "imports.run", "sync"),
    ("Invite a member…", "staff:new", "user-plus", "staff.manage", "staff user colleague"),
    ("My sessions and sign-in", "account:index", "device-laptop", "", "password passkey two-factor totp"),
)


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the palette: where it leads and what it shows."""

    url: str
    icon: str
    hit: Hit


@dataclass(frozen=True, slots=True)
class Section:
    label: str
    options: tuple[Option, ...]


def sections(groups: list[Group]) -> list[Section]:
    """The found objects whose pages exist."""
    made = [Section(group.label, tuple(filter(None, map(_option, group.hits)))) for group in groups]
    return [section for section in made if section.options]


def _option(hit: Hit) -> Option | None:
    target, icon = PAGES[hit.noun]
    try:
        return Option(reverse(target, args=[hit.key]), icon, hit)
    except NoReverseMatch:
        return None


def screens(request: HttpRequest, text: str) -> Section:
    """Screens whose name has the text in it; all of them for an empty text."""
    return Section(
        "Go to",
        tuple(
            Option(address(item.target), item.icon, Hit("screen", item.target, item.label))
            for group in GROUPS
            for item in group.items
            if permitted(item, request.user) and _answers(text, item.label)
        ),
    )


def actions(request: HttpRequest, text: str, found: list[Section]) -> Section:
    """What can be done: with the one payment that was found, and from anywhere."""
    options = [_refund(option) for section in found[:1] for option in section.options[:1]]
    options += [
        Option(address(target), icon, Hit("action", target, label))
        for label, target, icon, permission, words in ACTIONS
        if address(target)
        and (not permission or request.user.has_perm(permission))
        and (text and _answers(text, f"{label} {words}"))
    ]
    may_refund = request.user.has_perm("refunds.issue")
    return Section("Do", tuple(o for o in options if o and (may_refund or o.hit.noun != "refund_of")))


def _refund(option: Option) -> Option | None:
    hit = option.hit
    if hit.noun != "payment" or hit.state != "succeeded":
        return None
    try:
        url = reverse("refunds:new", args=[hit.key])
    except NoReverseMatch:
        return None
    shown = Hit(
        "refund_of", hit.key, f"Refund to {hit.title}…", amount_minor=hit.amount_minor, currency=hit.currency
    )
    return Option(url, "receipt-refund", shown)


def _answers(text: str, label: str) -> bool:
    return all(word in label.lower() for word in text.lower().split())
