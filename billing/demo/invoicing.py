"""Issuing invoices: lines, tax by group of equal rate, number, frozen sums, posting, schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from billing.demo.book import BILLING, Row
from billing.demo.world import Account, Plan, Schedule, World
from billing.history.actors import Actor
from billing.invoices.composing import Piece, compose
from billing.invoices.line_text import with_text
from billing.ledger import rules as ledger
from billing.money import Money
from billing.periods import Period
from billing.tax.rules import Buyer, Seller, decide

__all__ = ["Line", "draft_invoice", "finalise", "unrendered", "void"]

SELLER = Seller("NL")


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    net_minor: int
    period: Period
    price: Row
    quantity: int = 1
    is_proration: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


def draft_invoice(
    world: World, at: datetime, account: Account, plan: Plan | None, lines: Sequence[Line],
    actor: Actor = BILLING, reason: str = "",
) -> Row:  # fmt: skip
    """A draft with its lines, composed and taxed as the product does."""
    book = world.book
    decision = decide(SELLER, Buyer(account.place.country, account.is_business), at.date())
    composed = compose([_piece(line) for line in lines], currency=account.currency, decision=decision)
    invoice = book.add(
        "invoice",
        reference=book.mint.reference("INV", at.date()),
        customer_id=account.customer["id"],
        subscription_id=plan.row["id"] if plan else None,
        state="draft",
        currency=account.currency,
        net_minor=composed.net_minor,
        tax_minor=composed.tax_minor,
        total_minor=composed.total_minor,
        bill_to=_bill_to(account),
        seller=dict(settings.SELLER),
        evidence=_evidence(account),
        tax_point=at.date(),
        tax_country=decision.country,
        treatment=decision.treatment,
        tax_why=decision.why,
        created_at=at,
    )
    for position, (line, taxed) in enumerate(zip(lines, composed.lines, strict=True), start=1):
        row = book.add(
            "invoiceline",
            invoice_id=invoice["id"],
            position=position,
            description=line.text,
            quantity=Decimal(line.quantity),
            unit_amount_minor=Decimal(line.price["unit_amount_minor"]),
            net_minor=taxed.net_minor,
            tax_rate=taxed.tax_rate,
            tax_minor=taxed.tax_minor,
            period_start=line.period.start,
            period_end=line.period.end,
            price_id=line.price["id"],
            is_proration=line.is_proration,
            kind=taxed.piece.kind,
            treatment=taxed.treatment,
            why=with_text(taxed.why, account.customer["locale"]),
        )
        world.schedules.setdefault(invoice["id"], []).append(Schedule(row, invoice, line.net_minor))
    money = Money(composed.total_minor, account.currency)
    book.born("invoice", invoice, at, actor, reason=reason, money=money)
    return invoice


def finalise(world: World, at: datetime, account: Account, invoice: Row) -> None:
    """Gives the number, freezes the sums, posts."""
    book = world.book
    number = book.number("INV", at)
    due = at + timedelta(days=30 if account.pays_by_bank else 7)
    book.move("invoice", invoice, "open", at, BILLING, number=number, finalised_at=at, due_on=due.date())
    book.post(
        ledger.invoice_finalised(
            number, total=_money(invoice, "total"), net=_money(invoice, "net"), tax=_money(invoice, "tax")
        ),
        at,
        kind="invoice",
        row=invoice,
    )
    world.running.extend(world.schedules[invoice["id"]])


def void(world: World, at: datetime, invoice: Row, reason: str) -> None:
    """Takes an invoice back that was wrong from the start; none of it may have been recognised."""
    book = world.book
    book.move("invoice", invoice, "void", at, book.approver(book.support()), reason=reason, voided_at=at)
    book.post(
        ledger.void(
            invoice["number"],
            total=_money(invoice, "total"),
            net=_money(invoice, "net"),
            tax=_money(invoice, "tax"),
        ),
        at,
        kind="invoice",
        row=invoice,
        reverses=next(
            p["id"]
            for p in reversed(book.rows["posting"])
            if p["cause"] == f"invoice.finalised:{invoice['number']}"
        ),
    )  # fmt: skip
    for schedule in world.schedules[invoice["id"]]:
        schedule.total = 0


def unrendered(world: World, invoice: Row) -> int:
    """What of the invoice's net is still deferred."""
    return sum(schedule.left for schedule in world.schedules[invoice["id"]])


def stop_recognising(world: World, invoice: Row, amount: int) -> None:
    """Takes ``amount`` of net out of what is still to be recognised."""
    for schedule in world.schedules[invoice["id"]]:
        taken = min(amount, schedule.left)
        schedule.total -= taken
        amount -= taken


def _money(invoice: Row, part: str) -> Money:
    return Money(invoice[f"{part}_minor"], invoice["currency"])


def _piece(line: Line) -> Piece:
    kind = "subscription"
    if line.is_proration:
        kind = "proration_credit" if line.net_minor < 0 else "proration_charge"
    price = line.price
    why: dict[str, Any] = {
        "price_version": price["version"],
        "unit_amount_minor": price["unit_amount_minor"],
        "quantity": line.quantity,
    }
    if line.facts:
        why["text"] = dict(line.facts)
    whole = price["unit_amount_minor"] * line.quantity
    if not line.is_proration and whole > line.net_minor:
        why["discount_minor"] = whole - line.net_minor
    return Piece(
        kind, line.text, line.net_minor, quantity=Decimal(line.quantity), period=line.period, why=why
    )


def _bill_to(account: Account) -> dict[str, Any]:
    who = account.identity
    kept = ("name", "line1", "city", "postal_code", "tax_id")
    return {
        **{field: who[field] for field in kept if who[field]},
        "country": account.place.country,
        "is_business": account.is_business,
    }


def _evidence(account: Account) -> dict[str, Any]:
    """Of a consumer: the address and the card agree."""
    if account.is_business:
        return {"vat_number": "unchecked"}
    country = account.place.country
    pieces = [{"kind": kind, "country": country} for kind in ("billing_address", "card")]
    return {"vat_number": "none", "country": country, "verdict": "agrees", "pieces": pieces}
