"""Issuing invoices: lines, tax by group of equal rate, number, frozen sums, posting, schedule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.demo.book import BILLING, Row
from billing.demo.places import tax_for
from billing.demo.world import Account, Plan, Schedule, World
from billing.history.actors import Actor
from billing.ledger import rules as ledger
from billing.money import Money, round_half_away
from billing.periods import Period

__all__ = ["Line", "draft_invoice", "finalise", "unrendered", "void"]


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    net_minor: int
    period: Period
    price: Row
    quantity: int = 1
    is_proration: bool = False


def draft_invoice(
    world: World, at: datetime, account: Account, plan: Plan | None, lines: Sequence[Line],
    actor: Actor = BILLING, reason: str = "",
) -> Row:  # fmt: skip
    """A draft with its lines. Tax is computed once for all lines, which share one rate."""
    book = world.book
    rate, treatment = tax_for(account.place, is_business=account.is_business, on=at.date())
    net = sum(line.net_minor for line in lines)
    tax = round_half_away(net * (rate or Decimal(0)) / 100)
    invoice = book.add(
        "invoice",
        reference=book.mint.reference("INV", at.date()),
        customer_id=account.customer["id"],
        subscription_id=plan.row["id"] if plan else None,
        state="draft",
        currency=account.currency,
        net_minor=net,
        tax_minor=tax,
        total_minor=net + tax,
        bill_to=_bill_to(account, treatment),
        created_at=at,
    )
    shares = [round_half_away(line.net_minor * (rate or Decimal(0)) / 100) for line in lines]
    shares[-1] = tax - sum(shares[:-1])
    for position, (line, share) in enumerate(zip(lines, shares, strict=True), start=1):
        row = book.add(
            "invoiceline",
            invoice_id=invoice["id"],
            position=position,
            description=line.text,
            quantity=Decimal(line.quantity),
            unit_amount_minor=Decimal(line.price["unit_amount_minor"]),
            net_minor=line.net_minor,
            tax_rate=rate,
            tax_minor=share,
            period_start=line.period.start,
            period_end=line.period.end,
            price_id=line.price["id"],
            is_proration=line.is_proration,
        )
        world.schedules.setdefault(invoice["id"], []).append(Schedule(row, invoice, line.net_minor))
    book.born("invoice", invoice, at, actor, reason=reason, money=Money(net + tax, account.currency))
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


def _bill_to(account: Account, treatment: str) -> dict[str, Any]:
    who = account.identity
    kept = ("name", "line1", "city", "postal_code", "tax_id")
    return {
        **{field: who[field] for field in kept if who[field]},
        "country": account.place.country,
        "tax_treatment": treatment,
    }
