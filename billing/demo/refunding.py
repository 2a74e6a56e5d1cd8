"""Refunds on their way: asked for, allowed or refused, submitted, answered, and now and then failed late."""

from datetime import datetime, timedelta
from typing import Any

from billing.approvals.rules import NO_LIMIT
from billing.demo import invoicing
from billing.demo.approving import asked, decided
from billing.demo.book import BILLING, SANDBOX, Row
from billing.demo.world import World
from billing.history.actors import Actor
from billing.ids import form_key
from billing.ledger import rules as ledger
from billing.money import Money, round_half_away
from billing.refunds.rules import HOLDS

__all__ = ["ROUTES", "refund", "refund_duplicate", "start"]

#: which way a refund goes, and how many of a hundred
ROUTES = {
    "straight": 66, "bank": 8, "bank_fails": 5, "approved": 4, "rejected": 3, "withdrawn": 2, "expired": 2,
    "declined": 3, "customer": 2, "canceled": 1, "late": 1, "outside": 3,
}  # fmt: skip
LIMIT = 25_000
REASONS = (
    *("requested_by_customer",) * 5, "service_disruption", "goodwill", "error_correction", "fraudulent",
    "other",
)  # fmt: skip
NOTES = {
    "duplicate": "The same invoice was paid twice within the hour; the second payment goes back.",
    "requested_by_customer": "Asked by e-mail within the thirty days.",
    "service_disruption": "Could not export for two days in the week of the outage.",
    "goodwill": "Long-standing customer; agreed on the telephone.",
    "error_correction": "Billed for seats that had been removed the day before.",
    "fraudulent": "The cardholder says the card was used without their knowledge.",
    "other": "See the conversation with their bookkeeper.",
}
TO_CUSTOMER = "We have sent {amount} back to the card you paid with. It arrives in 5 to 10 days."
CLOSED = ("account_closed", "The customer's bank does not take the money: the account is closed.")
BALANCE = ("insufficient_funds", "Our balance at the gateway is too low for this refund.")


def refund(world: World, at: datetime, payment: Row) -> None:
    """A refund of all or of a round part, by a route drawn by weight."""
    book = world.book
    left = world.left_to_refund.get(payment["id"], 0)
    if left <= 0 or payment["state"] != "succeeded":
        return
    amount = left if book.chance(55) else max(min(left, 100), left * book.random.choice((20, 25, 50)) // 100)
    route = book.random.choices(list(ROUTES), list(ROUTES.values()))[0]
    if amount > LIMIT and route in ("straight", "bank", "declined"):
        route = "approved"
    start(world, at, payment, amount, route, book.random.choice(REASONS), with_note=book.chance(40))


def refund_duplicate(world: World, at: datetime, payment: Row) -> None:
    left = world.left_to_refund.get(payment["id"], 0)
    if left == payment["amount_minor"]:
        start(world, at, payment, left, "approved" if left > LIMIT else "straight", "duplicate")


def start(
    world: World, at: datetime, payment: Row, amount: int, route: str, reason: str, *, with_note: bool = False
) -> Row:
    """Writes the refund and sends it on its way; ``with_note`` lowers the invoice by a credit note first."""
    book = world.book
    outside = route == "outside"
    asker = SANDBOX if outside else book.support()
    money = Money(amount, payment["currency"])
    row = book.add(
        "refund",
        reference=book.mint.reference("REF", at.date()),
        form_key=None if outside else form_key(book.random),
        payment_id=payment["id"],
        customer_id=payment["customer_id"],
        state="draft",
        origin="gateway" if outside else "desk",
        reason="other" if outside else reason,
        gateway=payment["gateway"],
        currency=payment["currency"],
        amount_minor=amount,
        from_balance_minor=0 if payment["id"] in world.paid_by else amount,
        note_internal="" if outside else NOTES[reason],
        note_to_customer="" if outside else TO_CUSTOMER.format(amount=money),
        asked_by_ref=asker.ref,
        asked_by_name=asker.name,
        allowed_by_rule="",
        created_at=at,
    )
    world.left_to_refund[payment["id"]] -= amount
    book.born("refund", row, at, asker, reason=row["note_internal"], money=money)
    soon = at + timedelta(seconds=1)
    if route == "draft":
        return row
    if outside:
        _outside(world, soon, row)
    elif route in ("approved", "rejected", "withdrawn", "expired"):
        book.move("refund", row, "pending_approval", soon, asker, reason="Asked for a second person's yes")
        request = asked(world, soon, row, asker)
        days = {"approved": 0, "rejected": 1, "withdrawn": 0, "expired": 7}[route]
        world.at(world.later(soon, days, 2), decide, row, request, route, asker, with_note)
    else:
        row["allowed_by_rule"] = NO_LIMIT
        approve(world, soon, row, asker, with_note, route)
    return row


def decide(
    world: World, at: datetime, row: Row, request: Row, route: str, asker: Actor, with_note: bool
) -> None:
    book = world.book
    if route == "approved":
        who = book.approver(asker)
        done = f"{row['reference']} of {Money(row['amount_minor'], row['currency'])} is on its way."
        decided(world, at, request, "approved", who, "", done)
        row["allowed_by_rule"] = f"approved by {who.name} ({request['reference']})"
        approve(world, at, row, who, with_note, "straight")
        return
    who, why = {
        "rejected": (book.approver(asker), "Outside the thirty days, and they used it to the end"),
        "withdrawn": (asker, "The customer keeps the subscription after all"),
        "expired": (BILLING, "nobody decided in time"),
    }[route]
    decided(world, at, request, route, who, why)
    book.move("refund", row, route, at, who, reason=why)
    world.left_to_refund[row["payment_id"]] += row["amount_minor"]


def approve(world: World, at: datetime, row: Row, actor: Actor, with_note: bool, route: str) -> None:
    """From here on the money is promised: the posting says so."""
    book = world.book
    if with_note:
        credit(world, at, row, actor)
    book.move("refund", row, "approved", at, actor, reason=row["allowed_by_rule"])
    _post_approval(world, at, row, actor)
    if route == "stays_approved":
        return
    world.at(at + timedelta(seconds=3), submit, row, route)


def submit(world: World, at: datetime, row: Row, route: str) -> None:
    book = world.book
    columns: dict[str, Any] = {"submitted_at": at, "last_attempt_at": at, "attempts": 1}
    book.move("refund", row, "submitting", at, BILLING, **columns)
    answered = at + timedelta(seconds=book.random.randrange(1, 5))
    if route != "stays_submitting":
        world.at(answered, answer, row, route)


def answer(world: World, at: datetime, row: Row, route: str) -> None:
    """What the gateway says at once, and what comes later."""
    if route == "declined":
        fail(world, at, row, *BALANCE)
        return
    row.update(gateway_id=world.book.gateway_id("sbx_re"), gateway_as_of=at)
    if route in ("bank", "bank_fails"):
        world.book.move("refund", row, "pending", at, SANDBOX, reason="On its way to the customer's bank")
        deed = success if route == "bank" else fail
        world.at(world.later(at, 1, 4), deed, row, *(() if route == "bank" else CLOSED))
    elif route in ("customer", "canceled"):
        why = "The customer must say to which account the money shall go"
        world.book.move("refund", row, "requires_action", at, SANDBOX, reason=why)
        world.at(world.later(at, 1, 6), success if route == "customer" else call_back, row)
    else:
        success(world, at, row)
        if route == "late":
            world.at(world.later(at, 3, 10), fail, row, "expired_or_canceled_card", "The bank sent it back.")


def success(world: World, at: datetime, row: Row) -> None:
    book = world.book
    money = Money(row["amount_minor"], row["currency"])
    row["gateway_as_of"] = at
    book.move("refund", row, "succeeded", at, SANDBOX, money=money, succeeded_at=at)
    book.post(
        ledger.refund_succeeded(row["reference"], amount=money), at, kind="refund", row=row, actor=SANDBOX
    )


def fail(world: World, at: datetime, row: Row, code: str, message: str) -> None:
    """The amount comes back, and so does everything that was posted."""
    book = world.book
    columns: dict[str, Any] = {"failed_at": at, "failure_code": code, "gateway_message": message}
    book.move("refund", row, "failed", at, SANDBOX, reason=message, **columns)
    _give_back(world, at, row, "refund.failed")


def call_back(world: World, at: datetime, row: Row) -> None:
    world.book.move("refund", row, "canceled", at, SANDBOX, reason="The customer named no account")
    _give_back(world, at, row, "refund.canceled")


def credit(world: World, at: datetime, row: Row, actor: Actor) -> None:
    """A credit note for what was paid: tax in proportion, so that the last note takes the remainder."""
    book = world.book
    invoice = world.paid_by.get(row["payment_id"])
    if invoice is None or invoice["net_minor"] <= 0 or len(world.schedules[invoice["id"]]) > 1:
        return
    before = [n for n in book.rows["creditnote"] if n["invoice_id"] == invoice["id"]]
    given = sum(n["total_minor"] for n in before)
    total = row["amount_minor"]
    if given + total > invoice["total_minor"]:
        return
    tax = round_half_away(invoice["tax_minor"] * (given + total) * 2 // (invoice["total_minor"] * 2)) - sum(
        n["tax_minor"] for n in before
    )
    net = total - tax
    currency = row["currency"]
    number = book.number("CN", at)
    note = book.add(
        "creditnote",
        reference=book.mint.reference("CN", at.date()),
        number=number,
        invoice_id=invoice["id"],
        customer_id=row["customer_id"],
        currency=currency,
        net_minor=net,
        tax_minor=tax,
        total_minor=total,
        on_paid_minor=total,
        reason=row["reason"],
        memo=f"For refund {row['reference']}",
        issued_at=at,
    )
    line = world.schedules[invoice["id"]][0].line
    book.add(
        "creditnoteline",
        credit_note_id=note["id"],
        invoice_line_id=line["id"],
        position=1,
        description=line["description"],
        net_minor=net,
        tax_rate=line["tax_rate"],
        tax_minor=tax,
    )
    left = max(0, invoicing.unrendered(world, invoice))
    drafted = ledger.credit_note(
        number, net=Money(net, currency), tax=Money(tax, currency), unrendered=Money(left, currency),
        unpaid=Money(0, currency),
    )  # fmt: skip
    book.post(drafted, at, kind="creditnote", row=note, actor=actor)
    invoicing.stop_recognising(world, invoice, min(net, left))
    row.update(credit_note_id=note["id"], invoice_id=invoice["id"], from_balance_minor=total)
    book.tell("invoice", invoice, "credited", at, actor, reason=note["memo"], money=Money(total, currency),
              credit_note=number)  # fmt: skip


def _outside(world: World, at: datetime, row: Row) -> None:
    """Somebody refunded at the gateway itself; the desk hears of it and waits until somebody has seen it."""
    book = world.book
    row.update(gateway_id=book.gateway_id("sbx_re"), gateway_as_of=at, submitted_at=at)
    book.move("refund", row, "approved", at, SANDBOX, reason="Made at the gateway")
    _post_approval(world, at, row, SANDBOX)
    book.move("refund", row, "submitting", at, SANDBOX)
    success(world, at, row)
    # Only the newest ones still wait to be seen.
    if at < book.now - timedelta(days=6):
        world.at(world.later(at, 0, 5), see, row)


def see(world: World, at: datetime, row: Row) -> None:
    who = world.book.approver(world.book.people[0])
    row.update(seen_at=at, seen_by_ref=who.ref, seen_by_name=who.name)
    world.book.tell("refund", row, "seen", at, who, reason="Known: made by the founder at the gateway")


def _post_approval(world: World, at: datetime, row: Row, actor: Actor) -> None:
    money = Money(row["amount_minor"], row["currency"])
    drafted = ledger.refund_approved(
        row["reference"], amount=money, from_balance=Money(row["from_balance_minor"], row["currency"])
    )
    world.book.post(drafted, at, kind="refund", row=row, actor=actor)


def _give_back(world: World, at: datetime, row: Row, fact: str) -> None:
    book = world.book
    assert row["state"] not in HOLDS
    world.left_to_refund[row["payment_id"]] += row["amount_minor"]
    money = Money(row["amount_minor"], row["currency"])
    posted = [
        ledger.refund_approved(
            row["reference"], amount=money, from_balance=Money(row["from_balance_minor"], row["currency"])
        )
    ]
    if row.get("succeeded_at"):
        posted.append(ledger.refund_succeeded(row["reference"], amount=money))
    book.post(
        ledger.reversal(posted, f"{fact}:{row['reference']}"), at, kind="refund", row=row, actor=SANDBOX
    )
