"""What an account's page and its peek say: how it stands, its lots, its ledger and what can be done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from billing.credits.models import CreditAccount, CreditEntry, CreditSource, Movement
from billing.credits.queries import Standing, ledger_page, lots_of, reversible, standing_of
from billing.history.queries import timeline_of
from dashboard.access import may
from dashboard.actions import credit_words as words
from dashboard.actions.offers import offer
from dashboard.actions.related import link
from dashboard.actions.timeline import moments
from dashboard.credits import lots, story
from dashboard.credits.ledger import Line, lines_of
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Fact, Notice
from dashboard.parts.formatting import full_moment, relative

MOST_LOTS = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the ledger the address asks for; what cannot be read asks for the newest."""

    before: int | None = None
    movement: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        before, at = _number(query.get("before", "")), _number(query.get("at", ""))
        movement = query.get("movement", "")
        return cls(at + 1 if at else before, movement if movement in Movement.values else "")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def context(account: CreditAccount, user: Any, wanted: Wanted) -> dict[str, Any]:
    """Everything the page shows; as many queries for a hundred thousand movements as for three."""
    now = timezone.now()
    standing = standing_of(account, now=now)
    bars = lots_of(account, now=now, limit=MOST_LOTS)[:MOST_LOTS]
    span = lots.span_of(bars, now)
    ledger = ledger_page(account, before=wanted.before, movement=wanted.movement)
    can = may(user, "credits.grant")
    return {
        "account": account,
        "title": words.title(account),
        "name": name_of(account.customer),
        "customer_url": link("customers:show", account.customer.reference, user, "customers.view"),
        "balance": words.figure(account, account.balance),
        "unit": account.currency if account.is_money else words.MANY[account.unit],
        "facts": facts(account, standing),
        "actions": actions(account, standing, user),
        "notices": notices(account, standing),
        "lots": [
            _with_addresses(each, account) if can else each for each in _drawn(bars, account, span, now)
        ],
        "more_lots": len(bars) == MOST_LOTS,
        "span": span,
        "lines": _lines(ledger.entries, account, can),
        "movements": Movement.choices,
        "wanted": wanted,
        "older": _address(account, wanted, ledger.older) if ledger.older else "",
        "newest": _address(account, replace(wanted, before=None), None) if wanted.before else "",
        "entries": moments(timeline_of(account)),
    }


def _drawn(bars: Any, account: CreditAccount, span: lots.Span, now: Any) -> list[lots.Drawn]:
    return lots.drawn(bars, account, span, now)


def _with_addresses(each: lots.Drawn, account: CreditAccount) -> lots.Drawn:
    """What may be done with a lot: another end while it is usable, and back unless it is paid for."""
    pk = each.bar.lot.pk
    usable = each.bar.burn_place is not None
    takeable = each.held > 0 and not (account.is_money and each.bar.lot.paid_for)
    return replace(
        each,
        end_url=reverse("credits:move_expiry", args=[pk]) if usable else "",
        take_url=reverse("credits:take_back", args=[pk]) if takeable else "",
    )


def _lines(entries: list[CreditEntry], account: CreditAccount, can: bool) -> list[Line]:
    open_to_undoing = reversible(entries, account) if can else set()
    return [
        replace(line, reverse_url=reverse("credits:reverse", args=[line.entry.pk]))
        if line.entry.pk in open_to_undoing
        else line
        for line in lines_of(entries, account)
    ]


def _address(account: CreditAccount, wanted: Wanted, before: int | None) -> str:
    query = {key: value for key, value in (("before", before), ("movement", wanted.movement)) if value}
    return f"{reverse('credits:show', args=[account.pk])}?{urlencode(query)}#ledger"


def facts(account: CreditAccount, standing: Standing) -> list[Fact]:
    said = [Fact("Can be used", words.of(account, standing.spendable))]
    if standing.owed:
        said.append(Fact("Owed", words.of(account, standing.owed)))
    if standing.ended:
        said.append(Fact("Ended, not yet taken", words.of(account, standing.ended)))
    if standing.next_expiry:
        then = (
            f"{words.of(account, standing.expiring_then)}, {relative(standing.next_expiry, timezone.now())}"
        )
        said.append(Fact("Next ends", standing.next_expiry, note=then))
    else:
        said.append(Fact("Next ends", "never"))
    return [*said, Fact("Opened", timezone.localtime(account.created_at).date())]


def notices(account: CreditAccount, standing: Standing) -> list[Notice]:
    """A debt in words, and units that have ended and are about to be taken."""
    said = []
    if standing.owed:
        why = (
            "More of this money was used than the account held. What comes in next pays it first."
            if account.is_money
            else "Credits were clawed back after they had been used. Whatever is granted next pays this "
            "first, and nothing can be used until then."
        )
        said.append(Notice(f"The customer owes {words.of(account, standing.owed)}", why, "bad"))
    if standing.ended:
        said.append(
            Notice(
                f"{words.of(account, standing.ended)} ended and can no longer be used",
                "They are taken from the balance within ten minutes.",
                "idle",
                "clock-off",
            )
        )
    return said


def actions(account: CreditAccount, standing: Standing, user: Any) -> list[Action]:
    """Grant for everybody who may; a transfer where there is something and somewhere to go."""
    customer = account.customer
    offered = offer(
        user,
        "Grant…",
        "credits:give",
        [customer.reference],
        permission="credits.grant",
        icon="plus",
        kind="primary" if may(user, "credits.grant") else "",
    )
    key = f"money:{account.currency}" if account.is_money else account.unit
    offered = [replace(each, url=f"{each.url}?{urlencode({'what': key})}") for each in offered]
    if account.is_money:
        return offered
    others = CreditAccount.objects.filter(customer=customer).exclude(pk=account.pk).exclude(unit="money")
    refusal = "" if standing.spendable else "There is nothing in this account to transfer."
    if not others.exists():
        refusal = "This customer has no other account that units could go to."
    return offered + offer(
        user,
        "Transfer…",
        "credits:transfer",
        [account.pk],
        permission="credits.grant",
        refusal=refusal,
        icon="arrow-right",
    )


def peek_context(account: CreditAccount, user: Any) -> dict[str, Any]:
    """What stands at the side of the list about one account."""
    now = timezone.now()
    standing = standing_of(account, now=now)
    customer = account.customer
    whose = link("customers:show", customer.reference, user, "customers.view")
    return {
        "account": account,
        "title": words.title(account),
        "balance": words.of(account, account.balance),
        "pairs": [Fact("Customer", name_of(customer)[0], url=whose), *facts(account, standing)],
        "notices": notices(account, standing),
        "lots": [
            (each.lot.get_source_display(), words.figure(account, each.left), ends_words(each))
            for each in lots_of(account, now=now, limit=6)[:6]
            if each.left or each.lot.source == CreditSource.DEBT
        ],
        "peek_actions": [each for each in actions(account, standing, user) if each.label == "Grant…"],
    }


def ends_words(bar: Any) -> str:
    return f"until {full_moment(bar.ends_at)}" if bar.ends_at else "without an end"


__all__ = ["context", "peek_context", "story"]
