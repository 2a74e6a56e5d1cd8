"""Which invoices a payment pays, as a person decides it: applied, taken off, moved or split in one go."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from billing.credits.locks import lock_accounts
from billing.credits.models import CreditAccount, CreditUnit
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import record
from billing.invoices.models import Invoice
from billing.ledger import rules as ledger
from billing.ledger.models import Posting
from billing.ledger.services import post
from billing.logs import add_facts, note_odd, service
from billing.money import Money
from billing.payments.following import follow
from billing.payments.models import Payment, PaymentAllocation
from billing.payments.owed import BY_HAND, Bounds, bounds_of, held_on, owed_on
from billing.payments.settling import UNAPPLIED, USED, live_postings

LONGEST = 2_000


@service("payments")
def allocate_payment(
    *, payment_id: int, shares: Mapping[int, int], reason: str, actor: Actor, form_key: str, now: datetime
) -> Payment:
    """Makes a payment pay exactly ``shares`` (minor units by invoice id, 0 for none) of these invoices.

    What it pays elsewhere stays. What no invoice has is on the customer's balance. Invoices of ours become
    paid or open with it; a gateway's keep the state that the gateway tells. The same ``form_key`` does it
    once. Raises `InvalidInput`, `Conflict` and `Missing`; then nothing was written.
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST:
        raise InvalidInput(
            "reason_missing", f"Reason: say why, in up to {LONGEST:,} characters.", field="reason"
        )
    with transaction.atomic():
        payment = _lock_payment(payment_id)
        if _done(payment, form_key):
            note_odd("payments.form_sent_again", payment=payment.reference)
            return payment
        invoices = _lock_invoices(payment, shares)
        there = {row.invoice_id: row for row in payment.allocations.all()}
        before = {pk: there[pk].amount_minor if pk in there else 0 for pk in invoices}
        changes = {pk: shares[pk] - before[pk] for pk in invoices if shares[pk] != before[pk]}
        if not changes:
            return payment
        _check(payment, invoices, shares, changes)
        _spendable(payment, sum(changes.values()))
        _write(payment, there, shares, changes, now)
        _post(payment, invoices, changes, actor, now)
        follow([invoices[pk] for pk in changes], actor=actor, now=now)
        record(
            payment,
            BY_HAND,
            actor=actor,
            now=now,
            reason=reason,
            form_key=form_key,
            shares={invoices[pk].reference: [before[pk], shares[pk]] for pk in changes},
        )
    add_facts(payment=payment.reference, changed=len(changes))
    return payment


def _lock_payment(payment_id: int) -> Payment:
    payment = Payment.objects.select_for_update().filter(pk=payment_id).first()
    if payment is None:
        raise Missing("payment_unknown", "This payment does not exist.")
    if payment.state != "succeeded" or payment.pk not in live_postings([payment.pk]):
        raise Conflict(
            "payment_not_booked",
            f"{payment.reference} is {payment.get_state_display().lower()} and not booked as received, so it "
            "pays nothing. Wait until it has succeeded.",
        )
    return payment


def _done(payment: Payment, form_key: str) -> bool:
    if not form_key or len(form_key) > 64:
        raise InvalidInput("form_key_missing", "This form was not made by the desk. Open it again.")
    entries = HistoryEntry.objects.filter(subject_kind="payment", subject_id=payment.pk, kind=BY_HAND)
    return entries.filter(facts__form_key=form_key).exists()


def _lock_invoices(payment: Payment, shares: Mapping[int, int]) -> dict[int, Invoice]:
    rows = Invoice.objects.select_for_update().filter(
        pk__in=list(shares), customer=payment.customer_id, currency=payment.currency
    )
    found = {row.pk: row for row in rows.order_by("pk")}
    if len(found) != len(shares):
        raise InvalidInput(
            "invoice_of_another",
            f"Choose invoices of the payment's own customer in {payment.currency}; one of these is not.",
        )
    if any(minor < 0 for minor in shares.values()):
        raise InvalidInput("share_negative", "Amount: it cannot be below zero. Enter 0 to take it off.")
    return found


def _check(
    payment: Payment, invoices: Mapping[int, Invoice], shares: Mapping[int, int], changes: Mapping[int, int]
) -> None:
    """Neither the payment nor an invoice is exceeded, and what has gone back is not used again."""
    owed, held = owed_on(list(changes)), held_on(list(changes))
    for pk, change in changes.items():
        if change > owed.get(pk, 0):
            most = Money(shares[pk] - change + max(0, owed.get(pk, 0)), payment.currency)
            raise InvalidInput(
                "share_above_owed",
                f"{invoices[pk].label}: this payment can pay at most {most} of it. Enter {most} or less.",
                field=f"to_{pk}",
            )
        if change < 0 and held.get(pk, 0) > 0 and _left_on(pk) + change < held[pk]:
            raise InvalidInput(
                "share_is_credited",
                f"{invoices[pk].label}: credit notes gave back {Money(held[pk], payment.currency)} of what "
                "was paid, and that part cannot be taken off.",
                field=f"to_{pk}",
            )
    bounds = bounds_of(payment)
    _within(payment, bounds, sum(changes.values()))


def _within(payment: Payment, bounds: Bounds, change: int) -> None:
    after = bounds.allocated + change
    if change > 0 and after > bounds.most:
        left = Money(max(0, bounds.most - bounds.allocated), payment.currency)
        raise InvalidInput(
            "shares_above_payment",
            f"Together this is more than {payment.reference} brought: {left} of it is free. Take something "
            "off another invoice, or enter less.",
        )
    if change < 0 and after < bounds.least:
        gone = Money(bounds.least, payment.currency)
        raise InvalidInput(
            "shares_below_returned",
            f"{gone} of what {payment.reference} paid has gone back by refund or dispute and cannot be "
            f"freed. Leave {gone} or more applied.",
        )


def _spendable(payment: Payment, change: int) -> None:
    """More is applied only from what is still on the customer's balance, which is locked here."""
    accounts = lock_accounts(
        CreditAccount.objects.filter(
            customer=payment.customer_id, unit=CreditUnit.MONEY, currency=payment.currency
        ).values_list("pk", flat=True)
    )
    balance = sum(account.balance for account in accounts.values())
    if change > 0 and change > balance:
        there = Money(max(0, balance), payment.currency)
        raise InvalidInput(
            "balance_spent",
            f"The customer's balance holds {there}: what this payment had left was used for something else.",
        )


def _left_on(invoice_id: int) -> int:
    return sum(PaymentAllocation.objects.filter(invoice=invoice_id).values_list("amount_minor", flat=True))


def _write(
    payment: Payment,
    there: Mapping[int, PaymentAllocation],
    shares: Mapping[int, int],
    changes: Mapping[int, int],
    now: datetime,
) -> None:
    for pk in changes:
        row = there.get(pk)
        if row is None:
            PaymentAllocation.objects.create(
                payment=payment, invoice_id=pk, amount_minor=shares[pk], created_at=now
            )
        elif shares[pk]:
            row.amount_minor = shares[pk]
            row.save(update_fields=["amount_minor"])
        else:
            row.delete()


def _post(
    payment: Payment, invoices: Mapping[int, Invoice], changes: Mapping[int, int], actor: Actor, now: datetime
) -> None:
    """What is taken off returns to the balance before what is applied is taken from there."""
    earlier = Posting.objects.filter(
        subject_kind="payment", subject_id=payment.pk, fact__in=(USED, UNAPPLIED)
    ).count()
    for number, (pk, change) in enumerate(sorted(changes.items(), key=lambda each: each[1]), earlier + 1):
        reference = f"{payment.reference}:{invoices[pk].reference}:{number}"
        amount = Money(abs(change), payment.currency)
        draft = (ledger.payment_unapplied if change < 0 else ledger.store_credit_used)(
            reference, amount=amount
        )
        post(draft, actor=actor, now=now, customer_id=payment.customer_id, subject=payment)
