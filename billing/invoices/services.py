"""Writing what gateways tell of invoices and credit notes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.catalog.models import Price
from billing.customers.models import Customer
from billing.customers.services import mention_customers
from billing.errors import InvalidInput, Missing
from billing.gateways.facts import CreditNoteFact, InvoiceFact
from billing.history.actors import Actor
from billing.history.keeping import Kept, Told, keep
from billing.ids import new_reference
from billing.invoices import postings
from billing.invoices.models import CreditNote, Invoice, InvoiceLine
from billing.invoices.rules import MACHINE
from billing.logs import add_facts, note_odd, service

#: What may still change once an invoice is issued.
FREE = frozenset({"state", "paid_at", "voided_at", "uncollectible_at"})


@service("invoices")
@transaction.atomic
def record_invoices(facts: Sequence[InvoiceFact], *, actor: Actor, now: datetime) -> dict[str, Kept]:
    """Makes our invoices and their lines say what a gateway tells, under its own numbers and with its sums.

    Only a draft changes its content; an issued invoice moves its state and that state's dates. Posts the
    finalisation once, takes it back once when voided. Raises `Missing` (code ``unknown_subscription``)
    where an invoice names a subscription that is not known yet.
    """
    kept: dict[str, Kept] = {}
    for gateway in {fact.gateway for fact in facts}:
        some = {f.gateway_id: f for f in sorted(facts, key=lambda f: f.as_of) if f.gateway == gateway}
        customers = mention_customers(gateway, {f.customer_id for f in some.values()}, actor=actor, now=now)
        subscriptions = _subscriptions(gateway, some)
        drafts = _lock_drafts(gateway, some)
        lines = _lines(gateway, some)
        _replace_lines({pk: lines[gid] for gid, pk in drafts.items()})
        told = [_told(f, customers[f.customer_id], subscriptions) for f in some.values()]
        here = keep(
            Invoice, gateway, told, actor=actor, now=now, machine=MACHINE, adjust=_frozen, quiet=("bill_to",)
        )
        made = [(each.row, lines[gid]) for gid, each in here.items() if each.outcome == "created"]
        InvoiceLine.objects.bulk_create([_of(row, line) for row, some_lines in made for line in some_lines])
        postings.post_invoices(here.values(), actor=actor, now=now)
        past_gateway = {
            gid: fact.paid_out_of_band_minor for gid, fact in some.items() if fact.paid_out_of_band_minor
        }
        from_balance = {gid: fact.from_balance_minor for gid, fact in some.items() if fact.from_balance_minor}
        postings.post_out_of_band(here, past_gateway, from_balance, actor=actor, now=now)
        postings.post_from_balance(here, from_balance, actor=actor, now=now)
        kept |= here
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def record_invoice(fact: InvoiceFact, *, actor: Actor, now: datetime) -> Invoice:
    """As `record_invoices`, for one."""
    return record_invoices([fact], actor=actor, now=now)[fact.gateway_id].row


@service("invoices")
@transaction.atomic
def record_credit_notes(facts: Sequence[CreditNoteFact], *, actor: Actor, now: datetime) -> dict[str, Kept]:
    """Makes our credit notes say what a gateway tells; posts each once, and takes a voided one back once.

    Raises `Missing` (code ``unknown_invoice``) where a note is on an invoice that is not known yet.
    """
    kept: dict[str, Kept] = {}
    for gateway in {fact.gateway for fact in facts}:
        some = {f.gateway_id: f for f in sorted(facts, key=lambda f: f.as_of) if f.gateway == gateway}
        ids = {fact.invoice_id for fact in some.values()}
        rows = Invoice.objects.select_for_update().filter(gateway=gateway, gateway_id__in=ids).order_by("pk")
        invoices = {row.gateway_id: row for row in rows}
        for fact in some.values():
            if fact.invoice_id not in invoices:
                raise missing("invoice", fact.invoice_id, fact.gateway_id)
            if fact.total_minor <= 0:
                raise InvalidInput("credit_note_of_nothing", f"{fact.gateway_id} credits nothing.")
        told = [_note_told(fact, invoices[fact.invoice_id]) for fact in some.values()]
        here = keep(CreditNote, gateway, told, actor=actor, now=now, quiet=("memo",))
        postings.post_credit_notes(here.values(), actor=actor, now=now)
        kept |= here
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def record_credit_note(fact: CreditNoteFact, *, actor: Actor, now: datetime) -> CreditNote:
    """As `record_credit_notes`, for one."""
    return record_credit_notes([fact], actor=actor, now=now)[fact.gateway_id].row


def missing(kind: str, gateway_id: str, named_by: str) -> Missing:
    """That something names what is not known yet; ``facts`` say what to fetch."""
    noun = kind.replace("_", " ")
    return Missing(
        f"unknown_{kind}",
        f"{named_by} names the {noun} {gateway_id or '(none)'}, which is not known yet. Import again.",
        retry_helps=True,
        facts={"kind": kind, "gateway_id": gateway_id},
    )


def _subscriptions(gateway: str, facts: Mapping[str, InvoiceFact]) -> dict[str, int]:
    wanted = {fact.subscription_id for fact in facts.values() if fact.subscription_id}
    # Subscriptions live a floor above: only their keys are looked up, through the column that holds them.
    rows = Invoice._meta.get_field("subscription").related_model._default_manager
    known = dict(rows.filter(gateway=gateway, gateway_id__in=wanted).values_list("gateway_id", "pk"))
    for fact in facts.values():
        if fact.subscription_id and fact.subscription_id not in known:
            raise missing("subscription", fact.subscription_id, fact.gateway_id)
    return known


def _told(fact: InvoiceFact, customer: Customer, subscriptions: Mapping[str, int]) -> Told:
    return Told(
        fact.gateway_id,
        fact.as_of,
        {
            "foreign_number": fact.foreign_number,
            "customer_id": customer.pk,
            "subscription_id": subscriptions.get(fact.subscription_id),
            "state": fact.state,
            "currency": fact.currency,
            "net_minor": fact.net_minor,
            "tax_minor": fact.tax_minor,
            "total_minor": fact.total_minor,
            "bill_to": dict(fact.bill_to),
            "created_at": fact.created_at,
            "finalised_at": fact.finalised_at,
            "due_on": fact.due_on,
            "paid_at": fact.paid_at,
            "voided_at": fact.voided_at,
            "uncollectible_at": fact.uncollectible_at,
        },
        {"reference": new_reference("INV", fact.created_at.date())},
    )


def _frozen(row: Invoice, values: dict[str, Any]) -> dict[str, Any]:
    """An issued invoice's content stays as issued, whatever is told later."""
    if row.state == "draft":
        return values
    if values["state"] == "draft":
        raise InvalidInput(
            "issued_became_draft", f"{row.gateway_id} was issued and is told to be a draft again."
        )
    if any(
        values[name] != getattr(row, name) for name in ("currency", "net_minor", "tax_minor", "total_minor")
    ):
        note_odd("invoices.issued_sums_differ", invoice=row.reference)
    return {name: value for name, value in values.items() if name in FREE}


def _lock_drafts(gateway: str, facts: Mapping[str, InvoiceFact]) -> dict[str, int]:
    """The drafts among them whose content may be told anew."""
    rows = Invoice.objects.select_for_update().filter(
        gateway=gateway, gateway_id__in=list(facts), state="draft"
    )
    return {
        row.gateway_id: row.pk
        for row in rows.order_by("pk")
        if row.gateway_as_of is None or facts[row.gateway_id].as_of >= row.gateway_as_of
    }


def _lines(gateway: str, facts: Mapping[str, InvoiceFact]) -> dict[str, list[InvoiceLine]]:
    """The unsaved lines of each invoice."""
    ids = {line.price_id for fact in facts.values() for line in fact.lines if line.price_id}
    prices = dict(Price.objects.filter(gateway=gateway, gateway_id__in=ids).values_list("gateway_id", "pk"))
    return {
        gid: [
            InvoiceLine(
                position=position,
                description=line.description,
                quantity=line.quantity,
                unit_amount_minor=line.unit_amount_minor,
                net_minor=line.net_minor,
                tax_rate=line.tax_rate,
                tax_minor=line.tax_minor,
                period_start=line.period_start,
                period_end=line.period_end,
                price_id=prices.get(line.price_id),
                is_proration=line.is_proration,
                gateway_id=line.gateway_id,
            )
            for position, line in enumerate(fact.lines, 1)
        ]
        for gid, fact in facts.items()
    }


def _of(invoice: Invoice, line: InvoiceLine) -> InvoiceLine:
    line.invoice = invoice
    return line


def _replace_lines(drafts: Mapping[int, list[InvoiceLine]]) -> None:
    """Gives drafts their lines anew, where they differ."""
    if not drafts:
        return
    have: dict[int, list[InvoiceLine]] = {pk: [] for pk in drafts}
    for line in InvoiceLine.objects.filter(invoice__in=list(drafts)).order_by("position"):
        have[line.invoice_id].append(line)
    stale = [
        pk for pk, lines in drafts.items() if [_content(x) for x in lines] != [_content(x) for x in have[pk]]
    ]
    if not stale:
        return
    InvoiceLine.objects.filter(invoice__in=stale).delete()
    fresh = [line for pk in stale for line in drafts[pk]]
    for pk in stale:
        for line in drafts[pk]:
            line.invoice_id = pk
    InvoiceLine.objects.bulk_create(fresh)


def _content(line: InvoiceLine) -> tuple[Any, ...]:
    skip = ("id", "invoice")
    return tuple(getattr(line, f.attname) for f in InvoiceLine._meta.concrete_fields if f.name not in skip)


def _note_told(fact: CreditNoteFact, invoice: Invoice) -> Told:
    return Told(
        fact.gateway_id,
        fact.as_of,
        {"memo": fact.memo, "reason": fact.reason, "voided_at": fact.voided_at},
        {
            "reference": new_reference("CRN", fact.issued_at.date()),
            "foreign_number": fact.foreign_number,
            "invoice_id": invoice.pk,
            "customer_id": invoice.customer_id,
            "currency": fact.currency,
            "net_minor": fact.net_minor,
            "tax_minor": fact.tax_minor,
            "total_minor": fact.total_minor,
            "on_paid_minor": max(0, fact.on_paid_minor),
            "issued_at": fact.issued_at,
        },
    )
