"""Reading what the rules decide on: subscriptions as facts, and the lines that billed their time."""

from collections.abc import Collection
from datetime import datetime
from typing import cast

from django.db.models import F, Sum

from billing.catalog.models import Price as PriceRow
from billing.fields import AnyOf
from billing.invoices.models import CreditNoteLine, InvoiceLine, InvoiceState
from billing.invoices.pending_models import PendingLine
from billing.periods import Interval, Period
from billing.periods.intervals import Unit
from billing.subscriptions.changes import PendingChange
from billing.subscriptions.models import Subscription, SubscriptionItem
from billing.subscriptions.plans import Basis, Billed, Facts, Item, Planned, Price

__all__ = ["billed_after", "fact_of", "facts_of", "item_of", "price_of"]

#: Invoices whose lines count as billed; a void one billed nothing.
ISSUED = (InvoiceState.OPEN, InvoiceState.PAID, InvoiceState.UNCOLLECTIBLE)
TIME = ("subscription", "proration_charge")


def price_of(row: PriceRow) -> Price:
    """The price as the rules see it; its tier is read along."""
    return Price(
        id=row.pk,
        tier_id=row.tier_id,
        tier=row.tier.name,
        currency=row.currency,
        unit_amount_minor=row.unit_amount_minor,
        interval=Interval(cast(Unit, row.interval_unit), row.interval_count),
        version=row.version,
        inclusive=row.tax_inclusive,
        per_seat=row.per_seat,
        rank=row.tier.rank,
        tax_class=row.tier.tax_class,
    )


def item_of(row: SubscriptionItem) -> Item:
    return Item(price_of(row.price), row.quantity, row.discount_minor, row.pk)


def facts_of(subscriptions: Collection[Subscription]) -> dict[int, Facts]:
    """The facts of rows that the caller holds, locked if it writes; three queries for any number."""
    ids = [row.pk for row in subscriptions]
    items: dict[int, list[Item]] = {}
    rows = list(
        SubscriptionItem.objects.filter(AnyOf(F("subscription_id"), ids))
        .order_by("subscription_id", "pk")
        .values_list("pk", "subscription_id", "price_id", "quantity", "discount_minor")
    )
    # A thousand subscriptions share a few prices.
    found = PriceRow.objects.select_related("tier").filter(pk__in={price_id for _, _, price_id, *_ in rows})
    prices = {each.pk: price_of(each) for each in found}
    for pk, subscription_id, price_id, quantity, discount in rows:
        items.setdefault(subscription_id, []).append(Item(prices[price_id], quantity, discount, pk))
    waiting = PendingChange.objects.filter(
        AnyOf(F("subscription_id"), ids), applied_at__isnull=True, withdrawn_at__isnull=True
    ).select_related("price__tier")
    planned = {
        each.subscription_id: Planned(each.pk, price_of(each.price), each.quantity) for each in waiting
    }
    return {row.pk: _facts(row, items.get(row.pk, []), planned.get(row.pk)) for row in subscriptions}


def fact_of(subscription: Subscription) -> Facts:
    return facts_of([subscription])[subscription.pk]


def _facts(row: Subscription, items: list[Item], planned: Planned | None) -> Facts:
    start, end = row.current_period_start, row.current_period_end
    return Facts(
        id=row.pk,
        reference=row.reference,
        customer_id=row.customer_id,
        state=row.state,
        currency=row.currency,
        anchor_at=row.anchor_at,
        items=tuple(items),
        period=Period(start, end) if start and end else None,
        trial_ends_at=row.trial_ends_at,
        cancel_at=row.cancel_at,
        basis=cast(Basis, row.proration_basis),
        collection=row.collection,
        due_days=row.due_days,
        planned=planned,
        collected_by=row.collected_by,
    )


def billed_after(subscription_id: int, at: datetime) -> list[Billed]:
    """The issued lines that billed the subscription's time after ``at``, less what credit notes took off.

    ``given_minor`` is what invoices and waiting lines have taken back of each. Four queries.
    """
    lines = list(
        InvoiceLine.objects.filter(
            invoice__subscription=subscription_id,
            invoice__state__in=ISSUED,
            kind__in=TIME,
            period_end__gt=at,
        )
        .select_related("invoice", "price")
        .order_by("pk")
    )
    ids = [line.pk for line in lines]
    given: dict[int, int] = {}
    for line in InvoiceLine.objects.filter(takes_back__in=ids).exclude(invoice__state=InvoiceState.VOID):
        _add(given, line.takes_back_id, _counts(line, line.net_minor, line.tax_minor, lines))
    for waiting in PendingLine.objects.filter(takes_back__in=ids, invoice__isnull=True):
        _add(given, waiting.takes_back_id, waiting.amount_minor)
    noted = (
        CreditNoteLine.objects.filter(invoice_line__in=ids, credit_note__voided_at=None)
        .values_list("invoice_line_id")
        .annotate(net=Sum("net_minor"), tax=Sum("tax_minor"))
    )
    credited = {pk: (net, tax) for pk, net, tax in noted}
    made = []
    for line in lines:
        if line.period_start is None or line.period_end is None or line.period_start >= line.period_end:
            continue
        net, tax = credited.get(line.pk, (0, 0))
        inclusive = bool(line.price and line.price.tax_inclusive)
        made.append(
            Billed(
                line_id=line.pk,
                invoice_number=line.invoice.label,
                amount_minor=line.net_minor - net + (line.tax_minor - tax if inclusive else 0),
                period=Period(line.period_start, line.period_end),
                rate=line.tax_rate,
                treatment=line.treatment,
                inclusive=inclusive,
                description=line.description,
                given_minor=-given.get(line.pk, 0),
                item_id=line.item_id,
                price_id=line.price_id,
                text=line.why.get("text", {}),
            )
        )
    return made


def _add(sums: dict[int, int], line_id: int | None, amount: int) -> None:
    if line_id is not None:
        sums[line_id] = sums.get(line_id, 0) + amount


def _counts(line: InvoiceLine, net: int, tax: int, lines: list[InvoiceLine]) -> int:
    """A taking back as its price counts: gross where the price was, else net."""
    of = next((each for each in lines if each.pk == line.takes_back_id), None)
    return net + tax if of and of.price and of.price.tax_inclusive else net
