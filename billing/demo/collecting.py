"""Charging invoices: what the gateway answers, retries of a failed charge, and what never comes in."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.demo import invoicing
from billing.demo.book import BILLING, SANDBOX, Row
from billing.demo.people import add_card
from billing.demo.world import Account, Plan, World
from billing.ledger import rules as ledger
from billing.money import Money, round_half_away

__all__ = ["charge", "pay_by_bank", "start_payment", "succeed"]

SOFT = (
    ("insufficient_funds", "The card has insufficient funds."),
    ("issuer_not_available", "The card's bank could not be reached."),
    ("do_not_honor", "The card's bank declined and did not say why."),
)
HARD = (
    ("expired_card", "The card has expired."),
    ("lost_or_stolen_card", "The card was reported lost or stolen."),
    ("card_not_supported", "The card does not support this kind of purchase."),
)
RETRY_DAYS = (1, 3, 7, 14)
GIVE_UP_AFTER = 21  # days after the first failure
SECONDS = timedelta(seconds=1)


def start_payment(
    world: World, at: datetime, account: Account, amount: int, *, description: str, by_bank: bool = False
) -> Row:
    """A payment that has been asked for and not answered."""
    book = world.book
    method = account.method
    card = {} if by_bank or method is None else {
        "method_id": method["id"], "method_kind": "card", "card_brand": method["brand"],
        "card_last4": method["last4"],
    }  # fmt: skip
    reference = book.mint.reference("PAY", at.date())
    at_gateway = {} if by_bank else {
        "gateway": "sandbox", "gateway_id": book.gateway_id("sbx_pay"), "gateway_as_of": at,
        "idempotency_key": reference,
    }  # fmt: skip
    payment = book.add(
        "payment",
        **at_gateway,
        **(card or {"method_kind": "bank_transfer"}),
        reference=reference,
        customer_id=account.customer["id"],
        state="pending",
        currency=account.currency,
        amount_minor=amount,
        description=description,
        created_at=at,
    )
    book.born("payment", payment, at, BILLING, money=Money(amount, account.currency))
    if at_gateway:
        book.add(
            "sandboxobject",
            id=payment["gateway_id"],
            kind="payment",
            body={"amount_minor": amount, "currency": account.currency, "card": payment["card_last4"]},
            created_at=at,
        )
    return payment


def try_once(world: World, at: datetime, payment: Row, state: str, code: str = "", message: str = "") -> None:
    payment["gateway_as_of"] = at
    world.book.add(
        "paymentattempt",
        gateway="sandbox",
        gateway_id=world.book.gateway_id("sbx_ch"),
        gateway_as_of=at,
        payment_id=payment["id"],
        at=at,
        state=state,
        amount_minor=payment["amount_minor"],
        code=code,
        message=message,
    )


def succeed(world: World, at: datetime, payment: Row, invoice: Row | None, *, by_bank: bool = False) -> None:
    """Money came: allocate what is owed, post it and its fee; the rest is the customer's balance."""
    book = world.book
    amount = Money(payment["amount_minor"], payment["currency"])
    actor = book.approver(book.support()) if by_bank else SANDBOX
    fee = None if by_bank else round_half_away(amount.minor * Decimal("0.014")) + 25
    columns: dict[str, Any] = {"captured_minor": amount.minor, "succeeded_at": at, "fee_minor": fee,
               "failure_code": "", "failure_message": ""}  # fmt: skip
    if by_bank:
        reason = "Seen on the bank statement"
        book.move("payment", payment, "succeeded", at, actor, reason=reason, money=amount, **columns)
    else:
        try_once(world, at, payment, "succeeded")
        book.move("payment", payment, "succeeded", at, actor, money=amount, **columns)
    owed = Money(invoice["total_minor"] if invoice and invoice["state"] == "open" else 0, amount.currency)
    late = invoice is not None and invoice["state"] == "uncollectible"
    if late:
        posting = ledger.payment_after_write_off(payment["reference"], amount=amount)
    elif by_bank:
        posting = ledger.paid_out_of_band(payment["reference"], amount=amount, owed=owed)
    else:
        posting = ledger.payment_succeeded(payment["reference"], amount=amount, owed=owed)
    book.post(posting, at, kind="payment", row=payment, actor=actor)
    if fee:
        drafted = ledger.gateway_fee(payment["reference"], amount=Money(fee, amount.currency))
        book.post(drafted, at, kind="payment", row=payment, actor=SANDBOX)
    if invoice is not None:
        applied = min(amount.minor, invoice["total_minor"])
        book.add(
            "paymentallocation",
            payment_id=payment["id"],
            invoice_id=invoice["id"],
            amount_minor=applied,
            created_at=at,
        )
        book.move("invoice", invoice, "paid", at, actor if by_bank else BILLING, paid_at=at)
        world.paid_by[payment["id"]] = invoice
    world.left_to_refund[payment["id"]] = amount.minor
    if not by_bank:
        from billing.demo.afterwards import after_payment

        after_payment(world, at, payment)


def charge(world: World, at: datetime, account: Account, plan: Plan, invoice: Row) -> None:
    """Asks for the invoice's total, and does what its answer asks for."""
    book = world.book
    if invoice["total_minor"] == 0:
        book.move("invoice", invoice, "paid", at, BILLING, reason="Nothing to pay", paid_at=at)
        return
    if account.pays_by_bank:
        world.at(world.later(at, 4, 34), pay_by_bank, account, invoice)
        return
    if account.method is None:
        add_card(world, account, at - timedelta(minutes=2))
    payment = start_payment(
        world, at, account, invoice["total_minor"], description=f"Invoice {invoice['number']}"
    )
    answered = at + timedelta(seconds=book.random.randrange(1, 6))
    roll = 993 if account.hesitates else book.random.randrange(1000)
    if roll < 938:
        world.at(answered, answer_yes, account, plan, payment, invoice)
    elif roll < 980:
        world.at(answered, decline, account, plan, payment, invoice, *book.random.choice(SOFT), False)
    elif roll < 992:
        world.at(answered, decline, account, plan, payment, invoice, *book.random.choice(HARD), True)
    elif roll < 997:
        world.at(answered, ask_customer, account, plan, payment, invoice)
    else:
        world.at(answered, lose_answer, account, plan, payment, invoice)


def answer_yes(world: World, at: datetime, account: Account, plan: Plan, payment: Row, invoice: Row) -> None:
    from billing.demo.subscribing import paid

    if invoice["state"] not in ("open", "uncollectible"):
        return
    succeed(world, at, payment, invoice)
    paid(world, at, account, plan)


def decline(
    world: World, at: datetime, account: Account, plan: Plan, payment: Row, invoice: Row,
    code: str, message: str, is_hard: bool,
) -> None:  # fmt: skip
    """The first no: the subscription falls behind, and the schedule of retries begins."""
    from billing.demo.subscribing import fall_behind

    book = world.book
    try_once(world, at, payment, "failed", code, message)
    book.move(
        "payment", payment, "failed", at, SANDBOX, reason=message, failure_code=code, failure_message=message
    )
    if not fall_behind(world, at, account, plan):
        return
    if is_hard:
        if book.chance(55):
            world.at(world.later(at, 1, 10), new_card, account, plan, payment, invoice)
    else:
        for day in RETRY_DAYS:
            world.at(at + timedelta(days=day), retry, account, plan, payment, invoice, code, message)
    world.at(at + timedelta(days=GIVE_UP_AFTER), give_up, account, plan, payment, invoice)


def retry(
    world: World, at: datetime, account: Account, plan: Plan, payment: Row, invoice: Row,
    code: str, message: str,
) -> None:  # fmt: skip
    """The same payment is tried again; a later day is as good as the one before."""
    book = world.book
    if payment["state"] != "failed" or invoice["state"] != "open":
        return
    book.move("payment", payment, "pending", at, SANDBOX, reason="Tried again on schedule")
    answered = at + timedelta(seconds=book.random.randrange(1, 6))
    if book.chance(38):
        world.at(answered, answer_yes, account, plan, payment, invoice)
        return
    try_once(world, answered, payment, "failed", code, message)
    book.move(
        "payment", payment, "failed", answered, SANDBOX, reason=message, failure_code=code,
        failure_message=message,
    )  # fmt: skip


def new_card(world: World, at: datetime, account: Account, plan: Plan, payment: Row, invoice: Row) -> None:
    """A card that will never work is replaced, and a fresh payment is made with the new one at once."""
    if invoice["state"] != "open":
        return
    add_card(world, account, at)
    second = start_payment(
        world, at + SECONDS, account, invoice["total_minor"], description=f"Invoice {invoice['number']}"
    )
    world.at(at + 3 * SECONDS, answer_yes, account, plan, second, invoice)


def ask_customer(
    world: World, at: datetime, account: Account, plan: Plan, payment: Row, invoice: Row
) -> None:
    """The bank wants the customer to confirm; most do within two days."""
    book = world.book
    try_once(world, at, payment, "requires_action", "authentication_required")
    book.move(
        "payment", payment, "requires_action", at, SANDBOX, reason="The bank asks the customer to confirm"
    )
    if account.hesitates:
        return
    if book.chance(80):
        world.at(world.later(at, 0, 2), answer_yes, account, plan, payment, invoice)
    else:
        world.at(world.later(at, 6, 2), abandon, account, plan, payment, invoice)


def abandon(world: World, at: datetime, account: Account, plan: Plan, payment: Row, invoice: Row) -> None:
    from billing.demo.subscribing import fall_behind

    if payment["state"] != "requires_action":
        return
    world.book.move("payment", payment, "canceled", at, SANDBOX, reason="The customer never confirmed")
    if fall_behind(world, at, account, plan):
        world.at(world.later(at, 1, 5), new_card, account, plan, payment, invoice)
        world.at(at + timedelta(days=GIVE_UP_AFTER), give_up, account, plan, payment, invoice)


def lose_answer(world: World, at: datetime, account: Account, plan: Plan, payment: Row, invoice: Row) -> None:
    """The gateway never answered; what became of it is found out hours later."""
    book = world.book
    book.move("payment", payment, "unknown", at, BILLING, reason="The gateway timed out")
    world.at(world.later(at, 0, 1), answer_yes, account, plan, payment, invoice)


def give_up(world: World, at: datetime, account: Account, plan: Plan, payment: Row, invoice: Row) -> None:
    from billing.demo.subscribing import lose

    if invoice["state"] == "open":
        lose(world, at, account, plan)
        world.at(world.later(at, 10, 12), write_off, account, plan, invoice)


def write_off(world: World, at: datetime, account: Account, plan: Plan, invoice: Row) -> None:
    """What is not expected any more; a few pay after all."""
    book = world.book
    if invoice["state"] != "open":
        return
    left = invoicing.unrendered(world, invoice)
    amount = Money(invoice["total_minor"], invoice["currency"])
    drafted = ledger.write_off(
        invoice["number"], amount=amount, unrendered=Money(max(0, left), amount.currency)
    )
    reason = "No payment after four retries and two letters"
    finance = book.approver(book.people[0])
    book.move("invoice", invoice, "uncollectible", at, finance, reason=reason, uncollectible_at=at)
    book.post(drafted, at, kind="invoice", row=invoice, actor=finance)
    invoicing.stop_recognising(world, invoice, min(amount.minor, max(0, left)))
    if book.chance(12):
        world.at(world.later(at, 5, 60), pay_after_all, account, invoice)


def pay_after_all(world: World, at: datetime, account: Account, invoice: Row) -> None:
    add_card(world, account, at)
    payment = start_payment(
        world, at, account, invoice["total_minor"], description=f"Invoice {invoice['number']}, late"
    )
    succeed(world, at + 4 * SECONDS, payment, invoice)


def pay_by_bank(world: World, at: datetime, account: Account, invoice: Row) -> None:
    """A transfer arrives; now and then it is more than was owed."""
    book = world.book
    if invoice["state"] != "open":
        return
    extra = book.random.choice((100, 1000, 5000)) if book.chance(7) else 0
    payment = start_payment(
        world, at, account, invoice["total_minor"] + extra,
        description=f"Bank transfer for {invoice['number']}", by_bank=True,
    )  # fmt: skip
    succeed(world, at + timedelta(minutes=1), payment, invoice, by_bank=True)
