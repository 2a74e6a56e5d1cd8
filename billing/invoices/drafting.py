"""Drafts: previewed, kept to look at, then finalised or thrown away."""

from datetime import datetime
from typing import Any

from django.db import transaction

from billing.customers.models import Customer
from billing.errors import Conflict, Missing, Refused
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.invoices import rules
from billing.invoices.composing import Piece, TakenBack
from billing.invoices.issued import invoice_values, line_rows, write_lines
from billing.invoices.issuing import SERIES, lock_customers, prepare_orders, write_invoices
from billing.invoices.locating import tell_where
from billing.invoices.models import Invoice, InvoiceLine
from billing.invoices.numbering import DIGITS, number_block
from billing.invoices.orders import InvoiceOrder, Prepared
from billing.invoices.pending import let_wait
from billing.invoices.posting_many import plan_store_credit, post_issued
from billing.logs import add_facts, service
from billing.money import Money
from billing.periods import Period
from billing.tax.seller import seller_facts

__all__ = ["discard_draft", "draft_invoice", "finalise_invoice", "lines_as_pieces", "preview_order"]


def preview_order(order: InvoiceOrder, *, now: datetime) -> tuple[Invoice, list[InvoiceLine]]:
    """What an order would become, unsaved: a draft with its lines, for a preview. Writes nothing.

    Raises `Refused` for an order that cannot be billed, or that comes to no line.
    """
    found = Customer.objects.select_related("identity").filter(pk=order.customer_id)
    customers = {each.pk: each for each in found}
    (one,) = prepare_orders([order], customers, now=now)
    if not one.composed.lines:
        raise Conflict("nothing_to_bill", "There is nothing to bill: what is given back waits for a charge.")
    invoice = Invoice(**invoice_values(one, seller_facts(), issued_at=None) | {"created_at": now})
    return invoice, [InvoiceLine(**row | {"invoice": invoice}) for row in line_rows(one)]


def draft_invoice(order: InvoiceOrder, *, actor: Actor, now: datetime) -> Invoice:
    """Writes an order as a draft, once for its cause. Raises as `preview_order` does."""
    written = write_invoices([order], actor=actor, now=now, finalise=False)
    if not written:
        raise Conflict("nothing_to_bill", "There is nothing to bill: what is given back waits for a charge.")
    return written[0]


@service("invoices")
@transaction.atomic
def finalise_invoice(
    *, invoice_id: int, actor: Actor, now: datetime, collect: str = "send", due_days: int = 14
) -> Invoice:
    """Issues a draft of ours: tax by the customer's data of now and the draft's tax point, number, posting.

    One that is issued already is given as it is. Raises `Missing`; `Conflict` for a gateway's draft.
    """
    invoice = lock_with_customer(invoice_id)
    if invoice.gateway:
        sentence = "This draft is the gateway's. Finalise it there; the desk follows."
        raise Conflict("draft_of_a_gateway", sentence)
    if invoice.state != "draft":
        return invoice
    one = _prepared_anew(invoice, collect=collect, due_days=due_days, now=now)
    invoice.lines.all().delete()
    one.id, one.reference = invoice.pk, invoice.reference
    write_lines([one])
    let_wait([(one.left, one.order.whose, f"left:{invoice.reference}")], now=now)
    plan_store_credit([one], now=now)
    post_issued([one], actor=actor, now=now)
    tell_where([one], now=now)
    prefix, first, issued_at = number_block(SERIES, 1, now)
    one.number = f"{prefix}{first:0{DIGITS}d}"
    values = invoice_values(one, seller_facts(), issued_at=issued_at)
    values = {name: value for name, value in values.items() if name not in ("state", "paid_at", "cause")}
    money = Money(one.composed.total_minor, invoice.currency)
    move(invoice, rules.MACHINE, "open", actor=actor, now=now, money=money, also=values)
    if one.is_paid:
        why = "Paid by store credit" if one.store_credit_minor else "Nothing is owed"
        also: dict[str, Any] = {"paid_at": issued_at}
        move(invoice, rules.MACHINE, "paid", actor=actor, now=now, reason=why, also=also)
    add_facts(invoice=invoice.number, amount=str(money))
    return invoice


@service("invoices")
@transaction.atomic
def discard_draft(*, invoice_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Throws a draft of ours away; what waited for the next invoice waits again.

    Raises `Missing`, and `Conflict` for what is no draft of ours.
    """
    invoice = lock_with_customer(invoice_id)
    if invoice.gateway or invoice.state != "draft":
        raise Conflict("not_a_draft", f"{invoice.label} is no draft of ours, so it stays. Credit it instead.")
    record(
        invoice,
        "discarded",
        actor=actor,
        now=now,
        reason=reason,
        from_state="draft",
        invoice=invoice.reference,
    )
    invoice.pending_lines.update(invoice=None)
    invoice.delete()


def lock_with_customer(invoice_id: int) -> Invoice:
    """The invoice, locked after its customer, as all that writes invoices does. Raises `Missing`."""
    whose = Invoice.objects.filter(pk=invoice_id).values_list("customer_id", flat=True).first()
    if whose is None:
        raise Missing("invoice_missing", "This invoice is not here.")
    lock_customers({whose})
    return Invoice.objects.select_for_update(of=("self",)).get(pk=invoice_id)


def lines_as_pieces(invoice: Invoice) -> list[Piece]:
    """The pieces of which an invoice was composed, as far as they stand on it."""
    return [_as_piece(line) for line in invoice.lines.order_by("position")]


def _as_piece(line: InvoiceLine) -> Piece:
    tax = line.why.get("tax", {})
    inclusive = bool(tax.get("inclusive"))
    back = None
    if line.takes_back_number:
        back = TakenBack(line.tax_rate, line.treatment, line.takes_back_number, line.takes_back_id)
    period = None
    if line.period_start is not None and line.period_end is not None:
        period = Period(line.period_start, line.period_end)
    return Piece(
        kind=line.kind or "one_off",
        description=line.description,
        amount_minor=line.net_minor + line.tax_minor if inclusive else line.net_minor,
        quantity=line.quantity,
        unit_amount_minor=line.unit_amount_minor,
        period=period,
        price_id=line.price_id,
        item_id=line.item_id,
        inclusive=inclusive,
        takes_back=back,
        tax_class=tax.get("class", ""),
        why={name: value for name, value in line.why.items() if name not in ("tax", "said")},
    )


def _prepared_anew(invoice: Invoice, *, collect: str, due_days: int, now: datetime) -> Prepared:
    order = InvoiceOrder(
        customer_id=invoice.customer_id,
        subscription_id=invoice.subscription_id,
        currency=invoice.currency,
        pieces=lines_as_pieces(invoice),
        cause=invoice.cause or f"draft:{invoice.reference}",
        collect=collect,
        tax_point=invoice.tax_point or now.date(),
        due_days=due_days,
        takes_pending=False,
        corrects_id=invoice.corrects_id,
    )
    try:
        (one,) = prepare_orders([order], lock_customers({invoice.customer_id}), now=now)
    except Refused as error:
        error.facts |= {"invoice": invoice.reference}
        raise
    if not one.composed.lines:
        raise Conflict("nothing_to_bill", "This draft charges nothing, so it cannot be issued. Discard it.")
    return one
