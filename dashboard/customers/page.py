"""What a customer's page says: who they are, the facts that decide, what is theirs, and what happened."""

from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils import timezone

from billing.customers.models import Customer, IdentityKey
from billing.money import Money
from billing.payments.queries import gateway_name
from dashboard.access import may
from dashboard.actions.offers import offer
from dashboard.actions.related import list_link
from dashboard.actions.using import drawing, uses_of
from dashboard.customers import cards, merging
from dashboard.customers.notes import notes_card
from dashboard.customers.places import place_of
from dashboard.customers.story import story_of
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Fact, Notice
from dashboard.parts.formatting import full_day
from dashboard.queues.offers import work_actions, work_notices
from reports.customers.summary import CustomerSummary, summary_of

UNTOLD = "The gateway named this customer and has not told more yet."


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of what is known about the customer: of this page, or a list of theirs."""

    label: str
    url: str
    count: int | None = None
    current: bool = False


def context(customer: Customer, user: Any, *, tab: str = "", form: Any = None) -> dict[str, Any]:
    """Everything the page shows; the number of queries does not depend on how much there is."""
    today = timezone.localdate()
    counts = cards.counts_of(customer)
    subscriptions = cards.subscriptions_of(customer)
    summary = summary_of(customer.pk, customer.created_at)
    told = story_of(customer, user)
    reference = customer.reference
    link, merged = merging.shown(customer)
    shown: dict[str, Any] = {
        "customer": customer,
        "name": name_of(customer),
        "identity": getattr(customer, "identity", None),
        "place": place_of(customer, getattr(getattr(customer, "identity", None), "city", "")),
        "state": subscriptions[0].state if subscriptions else "",
        "facts": facts(customer, summary),
        "actions": [*actions(customer, counts, user), *merging.offered(customer, link, user)],
        "merged": merged,
        "notices": [
            *([merging.notice(link)] if link else []),
            *notices(customer),
            *work_notices("customer", customer.pk),
        ],
        "tabs": tabs(customer, counts, tab),
        "tab": tab,
        "counts": counts,
        "entries": told.entries,
        "story": told,
        "notes": notes_card(customer, user, whole=tab == "notes", form=form),
        "tags_url": reverse("customers:tags", args=[reference]),
    }
    if tab == "notes":
        return shown
    return shown | {
        "subscriptions": cards.subscription_rows(subscriptions),
        "payments": cards.payment_rows(customer),
        "payments_url": list_link("payments:index", customer=reference),
        "invoices": cards.open_invoice_rows(customer, today),
        "invoices_url": list_link("invoices:index", customer=reference),
        "checkouts": cards.checkout_rows(customer),
        "checkouts_url": list_link("checkouts:index", customer=reference),
        "refunds": cards.refund_rows(customer),
        "refunds_url": list_link("refunds:index", customer=reference),
        "letters": cards.message_rows(customer),
        "letters_url": list_link("messages:index", customer=reference),
        "methods": cards.method_rows(customer, today),
        "credits": cards.credit_rows(customer),
        "grant": grant(customer, user),
        **usage(customer, user),
    }


def usage(customer: Customer, user: Any) -> dict[str, Any]:
    """What they used of each quota, for those who may see it."""
    if not may(user, "usage.view"):
        return {}
    standing, uses = uses_of(customer.pk, now=timezone.now())
    return {
        "usage": uses,
        "usage_tier": standing.holdings[0].tier.name if standing.holdings else "",
        "usage_url": reverse("usage:show", args=[customer.reference]),
        "drawing": drawing(),
    }


def facts(customer: Customer, summary: CustomerSummary) -> list[Fact]:
    """The figures that decide; a zero is shown only where it is known to be zero."""
    untold = is_untold(customer)

    def amounts(label: str, found: tuple[Money, ...]) -> Fact:
        some = tuple(money for money in found if money.minor)
        if not some and untold:
            return Fact(label, None, why=UNTOLD)
        return Fact(label, some or found[:1] or _nothing(customer, summary))

    return [
        amounts("MRR", summary.mrr),
        amounts("Lifetime, net", summary.lifetime),
        amounts("Owes us", summary.owes),
        amounts("Balance in favour", summary.balance),
        _next_charge(summary, untold),
        Fact("Customer since", timezone.localtime(summary.since).date()),
    ]


def _nothing(customer: Customer, summary: CustomerSummary) -> tuple[Money, ...] | str:
    """A known zero in the customer's own currency; "none" for one who has no currency yet."""
    known = next(iter(summary.lifetime or summary.mrr or summary.owes), None)
    currency = known.currency if known else customer.currency
    return (Money.zero(currency),) if currency else "none"


def _next_charge(summary: CustomerSummary, untold: bool) -> Fact:
    if summary.next_charge_at:
        return Fact("Next charge", timezone.localtime(summary.next_charge_at).date())
    if summary.next_charge_unknown or untold:
        return Fact("Next charge", None, why="The gateway has not told when the period ends.")
    return Fact("Next charge", "none")


def is_untold(customer: Customer) -> bool:
    """Made from an id that a gateway mentioned, before it told of the customer."""
    return bool(customer.gateway) and customer.gateway_as_of is None and not hasattr(customer, "identity")


def actions(customer: Customer, counts: cards.Counts, user: Any) -> list[Action]:
    """What this person may do with the customer now."""
    args = [customer.reference]
    nothing = "" if counts.succeeded else "No payment of this customer has brought money that could go back."
    refund = offer(
        user,
        "Refund…",
        "refunds:choose",
        permission="refunds.issue",
        refusal=nothing,
        icon="receipt-refund",
        method="page",
    )
    return [
        *(replace(each, url=f"{each.url}?customer={customer.reference}") for each in refund),
        *offer(
            user, "Subscribe…", "subscriptions:start", args, permission="subscriptions.manage", icon="repeat"
        ),
        *offer(user, "Add note…", "customers:note", args, permission="customers.note", icon="note"),
        *offer(
            user,
            "Billing details…",
            "customers:details",
            args,
            permission="invoices.change",
            icon="file-invoice",
            kind="quiet",
        ),
        *offer(
            user,
            "Tags…",
            "customers:tags",
            args,
            permission="customers.note",
            icon="tag",
            kind="quiet",
        ),
        *work_actions(user, "customer", customer.reference),
    ]


def grant(customer: Customer, user: Any) -> list[Action]:
    return offer(
        user, "Grant credits…", "credits:give", [customer.reference], permission="credits.grant", icon="coins"
    )


def notices(customer: Customer) -> list[Notice]:
    """The sentence that changes what one does, where there is one."""
    said: list[Notice] = []
    if is_untold(customer):
        said.append(Notice(UNTOLD, "Name and address come with the next import or message.", "look"))
    elif not hasattr(customer, "identity") and not IdentityKey.objects.filter(customer=customer).exists():
        said.append(
            Notice(
                "The personal data of this customer was erased",
                "Payments, invoices and postings stay, under the reference alone.",
                "idle",
                "eraser",
            )
        )
    if customer.deleted_at_gateway_at:
        said.append(
            Notice(
                f"Deleted at {gateway_name(customer.gateway)} on "
                f"{full_day(timezone.localtime(customer.deleted_at_gateway_at).date())}",
                "Nothing can be charged there any more; payments made before can still be refunded.",
                "look",
            )
        )
    return said


def tabs(customer: Customer, counts: cards.Counts, current: str) -> list[Tab]:
    """Parts of this page, and the lists narrowed to this customer as far as they are built."""
    here = reverse("customers:show", args=[customer.reference])
    lists = (
        ("Invoices", "invoices:index", counts.invoices),
        ("Payments", "payments:index", counts.payments),
        ("Refunds", "refunds:index", counts.refunds),
    )
    return [
        Tab("Summary", here, current=current == ""),
        *(
            Tab(label, url, number)
            for label, target, number in lists
            if (url := list_link(target, customer=customer.reference))
        ),
        Tab("Statement", reverse("statements:show", args=[customer.reference])),
        Tab("Notes", f"{here}?tab=notes", counts.notes, current == "notes"),
        Tab("As the customer sees it", reverse("customers:preview", args=[customer.reference])),
    ]
