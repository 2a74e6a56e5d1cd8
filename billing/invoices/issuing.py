"""Writing invoices, a thousand at a time: composed, posted, numbered last, in the caller's transaction.

The number of statements does not depend on how many there are. What makes an invoice is done once for its
cause: two runs that write the same orders at the same time wait for each other at the customers' rows, and
the second finds what the first has written.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from billing.copying import next_ids
from billing.customers.models import Customer
from billing.errors import Conflict, Missing
from billing.fields import AnyOf
from billing.history.actors import Actor
from billing.ids import new_reference
from billing.invoices.issued import write_history, write_invoice_rows, write_lines
from billing.invoices.locating import tell_where
from billing.invoices.models import Invoice
from billing.invoices.numbering import DIGITS, number_block
from billing.invoices.orders import InvoiceOrder, Prepared, prepare
from billing.invoices.pending import let_wait, waiting_for
from billing.invoices.pending_models import PendingLine
from billing.invoices.posting_many import plan_store_credit, post_issued
from billing.logs import add_facts, service
from billing.tax.profiles import BILLED, profiles_of
from billing.tax.seller import seller_facts, the_seller

__all__ = ["InvoiceOrder", "prepare_orders", "write_invoices"]

SERIES = "INV"
MOST = 1_000
#: What of a customer decides the tax and stands on the invoice.
READ = ("country", "locale", *(f"identity__{name}" for name in BILLED))


@service("invoices")
@transaction.atomic
def write_invoices(
    orders: Sequence[InvoiceOrder], *, actor: Actor, now: datetime, finalise: bool = True
) -> list[Invoice]:
    """Writes up to 1,000 invoices in the order asked for, and gives them; all of them, or none.

    One that was written for its cause before is given as it is. An order that comes to no line (credits
    only) makes no invoice and is left out: what it gives back waits for the next one. With ``finalise`` they
    are numbered, posted and open, or paid where store credit or nothing pays them; else they are drafts.

    Raises `Refused` for the first order that cannot be billed, its ``cause`` and ``customer`` among the
    facts; `Conflict` where nobody is set as the seller.
    """
    if len(orders) > MOST:
        raise ValueError(f"at most {MOST} invoices at once, not {len(orders)}")
    if len({order.cause for order in orders}) != len(orders) or not all(order.cause for order in orders):
        raise ValueError("every order has a cause of its own")
    if not orders:
        return []
    customers = lock_customers({order.customer_id for order in orders})
    causes = [order.cause for order in orders]
    done = {each.cause: each for each in Invoice.objects.filter(AnyOf(F("cause"), causes))}
    fresh = [order for order in orders if order.cause not in done]
    for order in orders:
        if order.cause in done and done[order.cause].customer_id != order.customer_id:
            raise Conflict("cause_already_used", f"{order.cause} has made an invoice of another customer.")
    prepared = prepare_orders(fresh, customers, now=now, lock=True)
    written = _write(prepared, actor=actor, now=now, finalise=finalise)
    add_facts(asked=len(orders), written=len(written))
    done |= {each.cause: each for each in written}
    return [done[cause] for cause in causes if cause in done]


def lock_customers(ids: set[int]) -> dict[int, Customer]:
    """The customers with their identities, locked in the order of their ids until the transaction ends."""
    rows = Customer.objects.select_for_update(no_key=True, of=("self",)).select_related("identity")
    return {each.pk: each for each in rows.only(*READ).filter(AnyOf(F("pk"), ids)).order_by("pk")}


def prepare_orders(
    orders: Sequence[InvoiceOrder], customers: dict[int, Customer], *, now: datetime, lock: bool = False
) -> list[Prepared]:
    """Decides and composes orders without writing: what a preview and a dry run show.

    What waits goes into the first order that may take it.
    """
    seller = the_seller()
    profiles = profiles_of(customers.values())
    waiting: dict[int, list[PendingLine]] = {}
    for row in waiting_for(customers, lock=lock):
        waiting.setdefault(row.customer_id, []).append(row)
    made = []
    for order in orders:
        if order.customer_id not in profiles:
            facts = {"cause": order.cause, "customer": order.customer_id}
            raise Missing("customer_missing", "This customer is not here.", facts=facts)
        rows = waiting.get(order.customer_id, [])
        one = prepare(order, profiles[order.customer_id], rows, seller=seller, today=now.date())
        if one.composed.lines:
            taken = {row.pk for row in one.waited}
            waiting[order.customer_id] = [row for row in rows if row.pk not in taken]
        made.append(one)
    return made


def _write(prepared: Sequence[Prepared], *, actor: Actor, now: datetime, finalise: bool) -> list[Invoice]:
    """Everything of those prepared; the invoices themselves last, under their numbers."""
    let_wait([(one.left, one.order.whose, f"left:{one.order.cause}") for one in prepared], now=now)
    billed = [one for one in prepared if one.composed.lines]
    if not billed:
        return []
    for one, pk in zip(billed, next_ids(Invoice, len(billed)), strict=True):
        one.id, one.reference = pk, new_reference("INV", now.date())
    write_lines(billed)
    _take_waiting(billed)
    issued_at = now
    if finalise:
        plan_store_credit(billed, now=now)
        post_issued(billed, actor=actor, now=now)
    write_history(billed, actor=actor, now=now, finalise=finalise)
    if finalise:
        tell_where(billed, now=now)
        prefix, first, issued_at = number_block(SERIES, len(billed), now)
        for place, one in enumerate(billed):
            one.number = f"{prefix}{first + place:0{DIGITS}d}"
    return write_invoice_rows(billed, seller_facts(), now=now, issued_at=issued_at if finalise else None)


def _take_waiting(billed: Sequence[Prepared]) -> None:
    taken = [(row, one.id) for one in billed for row in one.waited]
    if not taken:
        return
    for row, invoice_id in taken:
        row.invoice_id = invoice_id
    PendingLine.objects.bulk_update([row for row, _ in taken], ["invoice"], batch_size=MOST)
