"""Invoices of ours that were paid, with their books, to begin a test of refunds with."""

from datetime import timedelta
from decimal import Decimal

from billing.credits.models import CreditAccount
from billing.credits.services import Cause, grant
from billing.history.actors import person, system
from billing.ids import form_key, new_reference
from billing.ledger import rules as ledger
from billing.ledger.models import PostingLine
from billing.ledger.services import post
from billing.models import Customer, Invoice, InvoiceLine, Payment, Subscription
from billing.money import Money
from billing.refunds.of_invoice import Asked, Outcome
from billing.refunds.services import refund_invoice
from tests import make
from tests.billing.refunds.desk import NOW, a_payment

SYSTEM = system("billing")
INES = person(13, "Inês Carvalho")
PRO, SEATS = (5_200, 1_000, Decimal("19.2308")), (2_000, 140, Decimal(7))


def an_invoice(
    *lines: tuple[int, int, Decimal | None],
    customer: Customer | None = None,
    currency: str = "EUR",
    subscription: Subscription | None = None,
) -> Invoice:
    """An issued invoice of ours, open and posted; one line of 52.00 and 10.00 of tax unless told."""
    given = lines or (PRO,)
    net, tax = sum(line[0] for line in given), sum(line[1] for line in given)
    reference = new_reference("INV", NOW.date())
    invoice = Invoice.objects.create(
        reference=reference,
        number=f"T{reference[-8:]}-000001",
        customer=customer or make.customer(),
        subscription=subscription,
        state="draft",
        currency=currency,
        net_minor=net,
        tax_minor=tax,
        total_minor=net + tax,
        created_at=NOW,
        finalised_at=NOW,
        due_on=NOW.date() + timedelta(days=14),
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice, position=place, description=f"Pro, part {place}", net_minor=line[0],
            tax_minor=line[1], tax_rate=line[2], period_start=NOW, period_end=NOW + timedelta(days=30),
        )
        for place, line in enumerate(given, 1)
    )  # fmt: skip
    invoice.state = "open"
    invoice.save(update_fields=["state"])
    draft = ledger.invoice_finalised(
        invoice.reference,
        total=Money(net + tax, currency),
        net=Money(net, currency),
        tax=Money(tax, currency),
    )
    post(draft, actor=SYSTEM, now=NOW, customer_id=invoice.customer_id, subject=invoice)
    return invoice


def pay(invoice: Invoice, minor: int | None = None, **more: object) -> Payment:
    """A payment that has come in for the invoice; the whole unless told."""
    amount = invoice.total_minor if minor is None else minor
    payment = a_payment(amount, customer=invoice.customer, currency=invoice.currency, **more)
    owed = invoice.total_minor - sum(invoice.allocations.values_list("amount_minor", flat=True))
    invoice.allocations.create(payment=payment, amount_minor=min(amount, owed), created_at=NOW)
    draft = ledger.payment_succeeded(
        payment.reference, amount=Money(amount, invoice.currency), owed=Money(owed, invoice.currency)
    )
    post(draft, actor=SYSTEM, now=NOW, customer_id=invoice.customer_id, subject=payment)
    if amount >= owed:
        invoice.state, invoice.paid_at = "paid", NOW
        invoice.save(update_fields=["state", "paid_at"])
    return payment


def a_paid_invoice(*lines: tuple[int, int, Decimal | None], **more: object) -> tuple[Invoice, Payment]:
    invoice = an_invoice(*lines, **more)
    return invoice, pay(invoice)


def refund(invoice: Invoice, *amounts: int, payment: Payment | None = None, **changed: object) -> Outcome:
    """Refunds gross amounts of the invoice's lines in their order."""
    lines = dict(zip(invoice.lines.order_by("position").values_list("pk", flat=True), amounts, strict=False))
    who = {
        "actor": changed.pop("actor", INES),
        "form_key": changed.pop("key", None) or form_key(),
        "now": changed.pop("now", NOW),
    }
    fields = {"reason": "requested_by_customer", "payment_id": payment.pk if payment else None} | changed
    if payment is None:
        fields.setdefault("destination", "store_credit")
    return refund_invoice(Asked(invoice.pk, lines, **fields), **who)


def granted(subscription: Subscription, amount: int, **more: object) -> int:
    """Tokens that the subscription's period brought; gives the lot."""
    moved = grant(
        customer_id=subscription.customer_id, unit="tokens", amount=amount, source="tier_grant",
        actor=SYSTEM, now=NOW, key=form_key(), of=Cause(subscription.pk, NOW.date(), "renewal"), **more,
    )  # fmt: skip
    return moved.lot_id


def tokens(customer: Customer) -> int:
    account = CreditAccount.objects.filter(customer=customer, unit="tokens").first()
    return account.balance if account else 0


def store_credit(customer: Customer, currency: str = "EUR") -> int:
    account = CreditAccount.objects.filter(customer=customer, unit="money", currency=currency).first()
    return account.balance if account else 0


def booked(customer: Customer) -> dict[str, int]:
    """What stands on each account for the customer, without zeros."""
    sums: dict[str, int] = {}
    for account, minor in PostingLine.objects.filter(customer=customer).values_list(
        "account", "amount_minor"
    ):
        sums[account] = sums.get(account, 0) + minor
    return {account: minor for account, minor in sums.items() if minor}
