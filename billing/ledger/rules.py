"""What each fact posts: one function per row of the table in this folder's README.

All are pure, take amounts of zero or more, and give a `Draft` whose cause is "fact:reference", the
reference being that of the one thing that happened. Negative amounts and sums that contradict each other
raise ValueError, two currencies in one fact `CurrencyMismatch`: both are bugs in the caller.
"""

from typing import Literal

from billing.ledger.accounts import Account
from billing.ledger.drafts import Draft, Line, Unbalanced, credit, debit, draft, reversal
from billing.money import Money

__all__ = [
    "Account",
    "Destination",
    "Draft",
    "Line",
    "Unbalanced",
    "credit_note",
    "dispute_fee",
    "dispute_fee_returned",
    "dispute_funds_reinstated",
    "dispute_funds_withdrawn",
    "dispute_lost",
    "fx_gain_realised",
    "fx_loss_realised",
    "gateway_fee",
    "goodwill_store_credit",
    "goodwill_taken_back",
    "invoice_below_zero",
    "invoice_finalised",
    "paid_out_of_band",
    "payment_after_write_off",
    "payment_succeeded",
    "payment_unapplied",
    "payout",
    "payout_taken",
    "recovered",
    "refund_approved",
    "refund_outside",
    "refund_regranted",
    "refund_succeeded",
    "reversal",
    "service_rendered",
    "settled_in_other_currency",
    "store_credit_expired",
    "store_credit_used",
    "tokens_burnt",
    "tokens_expired",
    "tokens_put_back",
    "void",
    "write_off",
    "write_off_lessened",
]

type Destination = Literal["original_payment", "outside"]


def invoice_finalised(number: str, *, total: Money, net: Money, tax: Money) -> Draft:
    """An invoice, or a token package sold by one; `number` is its number or its reference.

    Net or tax alone may be below zero, where unused time of another rate is taken back; the total never is.
    """
    if total != net + tax:
        raise ValueError(f"{number}: {net} and {tax} of tax are not {total}")
    return draft(
        "invoice.finalised",
        number,
        debit(Account.RECEIVABLE, total),
        Line(Account.DEFERRED_REVENUE, net.currency, -net.minor),
        Line(Account.TAX_PAYABLE, tax.currency, -tax.minor),
    )


def invoice_below_zero(number: str, *, total: Money, net: Money, tax: Money) -> Draft:
    """A gateway's invoice that gives back, as for a downgrade; what it gives is the customer's to spend.

    The amounts are what it gives, none of them below zero. Nothing is owed on it.
    """
    if total != net + tax:
        raise ValueError(f"{number}: {net} and {tax} of tax are not {total}")
    return draft(
        "invoice.credited",
        number,
        debit(Account.DEFERRED_REVENUE, net),
        debit(Account.TAX_PAYABLE, tax),
        credit(Account.CUSTOMER_BALANCE, total),
    )


def void(number: str, *, total: Money, net: Money, tax: Money) -> Draft:
    """Takes the whole finalisation back; only before any revenue of the invoice was recognised."""
    finalised = invoice_finalised(number, total=total, net=net, tax=tax)
    return reversal(finalised, f"invoice.voided:{number}")


def service_rendered(journal: str, *, amount: Money) -> Draft:
    """One journal per month and currency, as "2026-11:EUR"; its detail is the recognition schedule."""
    return _move("service.rendered", journal, amount, Account.DEFERRED_REVENUE, Account.REVENUE)


def payment_succeeded(reference: str, *, amount: Money, owed: Money) -> Draft:
    """`owed` is what is still open on the invoice it pays (zero without one); the rest is the customer's."""
    return _paid("payment.succeeded", reference, amount, owed, Account.GATEWAY_CLEARING)


def payment_unapplied(reference: str, *, amount: Money) -> Draft:
    """Taken off an invoice: that is open again, and the money is the customer's until it is applied anew."""
    return _move("payment.unapplied", reference, amount, Account.RECEIVABLE, Account.CUSTOMER_BALANCE)


def paid_out_of_band(reference: str, *, amount: Money, owed: Money) -> Draft:
    """Paid to our bank, past every gateway."""
    return _paid("payment.out_of_band", reference, amount, owed, Account.BANK)


def payment_after_write_off(reference: str, *, amount: Money) -> Draft:
    return _move(
        "payment.after_write_off", reference, amount, Account.GATEWAY_CLEARING, Account.BAD_DEBTS_RECOVERED
    )


def gateway_fee(reference: str, *, amount: Money) -> Draft:
    """`reference` is that of the gateway's own charge of the fee, so that two fees are two facts."""
    return _move("gateway.fee", reference, amount, Account.GATEWAY_FEES, Account.GATEWAY_CLEARING)


def dispute_fee(reference: str, *, amount: Money) -> Draft:
    return _move("dispute.fee", reference, amount, Account.GATEWAY_FEES, Account.GATEWAY_CLEARING)


def dispute_fee_returned(reference: str, *, amount: Money) -> Draft:
    return _move("dispute.fee_returned", reference, amount, Account.GATEWAY_CLEARING, Account.GATEWAY_FEES)


def payout(reference: str, *, amount: Money) -> Draft:
    return _move("payout.paid", reference, amount, Account.BANK, Account.GATEWAY_CLEARING)


def payout_taken(reference: str, *, amount: Money) -> Draft:
    """The gateway took from our bank what its balance lacked."""
    return _move("payout.taken", reference, amount, Account.GATEWAY_CLEARING, Account.BANK)


def credit_note(number: str, *, net: Money, tax: Money, unrendered: Money, unpaid: Money) -> Draft:
    """`unrendered` is what of the invoice's net is still deferred, `unpaid` what is still open on it.

    It takes from deferred revenue first and from revenue after; it lowers the receivable first, and what
    had been paid becomes the customer's balance.
    """
    total = net + tax
    from_deferred = min(net, unrendered)
    off_receivable = min(total, unpaid)
    return draft(
        "credit_note.issued",
        number,
        debit(Account.DEFERRED_REVENUE, from_deferred),
        debit(Account.REVENUE, net - from_deferred),
        debit(Account.TAX_PAYABLE, tax),
        credit(Account.RECEIVABLE, off_receivable),
        credit(Account.CUSTOMER_BALANCE, total - off_receivable),
    )


def refund_approved(reference: str, *, amount: Money, from_balance: Money) -> Draft:
    """`from_balance` is the part that is already the customer's, the rest is granted on top of the books.

    A refund with a credit note takes what the note put into the balance. One without may take only what
    its own payment left unallocated: the rest of the balance was never this payment's to give back.
    """
    if from_balance > amount:
        raise ValueError(f"{reference}: {from_balance} from the balance is more than the refund of {amount}")
    return draft(
        "refund.approved",
        reference,
        debit(Account.CUSTOMER_BALANCE, from_balance),
        debit(Account.REFUNDS_GRANTED, amount - from_balance),
        credit(Account.REFUNDS_IN_TRANSIT, amount),
    )


def refund_regranted(reference: str, *, amount: Money) -> Draft:
    """What a refund drew on the balance although an invoice has had it by now: granted on top instead."""
    return _move("refund.regranted", reference, amount, Account.REFUNDS_GRANTED, Account.CUSTOMER_BALANCE)


def refund_succeeded(
    reference: str, *, amount: Money, destination: Destination = "original_payment"
) -> Draft:
    """The money has gone. A refund to store credit posts nothing: its credit note already did."""
    source = Account.GATEWAY_CLEARING if destination == "original_payment" else Account.BANK
    return _move("refund.succeeded", reference, amount, Account.REFUNDS_IN_TRANSIT, source)


def refund_outside(reference: str, *, amount: Money) -> Draft:
    """Paid back by us from the bank; a refund succeeds once, so the cause is that of any success."""
    return refund_succeeded(reference, amount=amount, destination="outside")


def goodwill_store_credit(reference: str, *, amount: Money) -> Draft:
    return _move("goodwill.granted", reference, amount, Account.GOODWILL, Account.CUSTOMER_BALANCE)


def store_credit_used(reference: str, *, amount: Money) -> Draft:
    return _move("store_credit.used", reference, amount, Account.CUSTOMER_BALANCE, Account.RECEIVABLE)


def goodwill_taken_back(reference: str, *, amount: Money) -> Draft:
    """What is left of store credit that was given, and should not have been."""
    return _move("goodwill.taken_back", reference, amount, Account.CUSTOMER_BALANCE, Account.GOODWILL)


def store_credit_expired(reference: str, *, amount: Money, paid_for: bool) -> Draft:
    """What was given costs nothing any more; what the customer had paid for is breakage."""
    to = Account.BREAKAGE if paid_for else Account.GOODWILL
    return _move("store_credit.expired", reference, amount, Account.CUSTOMER_BALANCE, to)


def dispute_funds_withdrawn(reference: str, *, amount: Money) -> Draft:
    """`reference` is that of the movement at the gateway: a dispute may be withdrawn and reinstated twice."""
    return _move("dispute.withdrawn", reference, amount, Account.DISPUTED, Account.GATEWAY_CLEARING)


def dispute_funds_reinstated(reference: str, *, amount: Money) -> Draft:
    return _move("dispute.reinstated", reference, amount, Account.GATEWAY_CLEARING, Account.DISPUTED)


def dispute_lost(reference: str, *, amount: Money) -> Draft:
    """Lost for good: nothing more can be reinstated."""
    return _move("dispute.lost", reference, amount, Account.DISPUTE_LOSSES, Account.DISPUTED)


def write_off(number: str, *, amount: Money, unrendered: Money) -> Draft:
    """`amount` is what is still open, tax included; what was never rendered is no loss. Recognition stops."""
    from_deferred = min(amount, unrendered)
    return draft(
        "invoice.written_off",
        number,
        debit(Account.DEFERRED_REVENUE, from_deferred),
        debit(Account.BAD_DEBT, amount - from_deferred),
        credit(Account.RECEIVABLE, amount),
    )


def recovered(reference: str, *, amount: Money) -> Draft:
    """What was written off is paid after all: it is owed again for the payment to settle, so that both say
    gateway clearing, or bank, against bad debts recovered."""
    return _move("invoice.recovered", reference, amount, Account.RECEIVABLE, Account.BAD_DEBTS_RECOVERED)


def write_off_lessened(reference: str, *, amount: Money) -> Draft:
    """A credit note says that so much of what was written off was never owed: it is no loss."""
    return _move("invoice.write_off_lessened", reference, amount, Account.RECEIVABLE, Account.BAD_DEBT)


def tokens_burnt(reference: str, *, amount: Money) -> Draft:
    """`amount` is what the burnt units of a package were sold for, without tax."""
    return _move("tokens.burnt", reference, amount, Account.DEFERRED_REVENUE, Account.REVENUE)


def tokens_expired(reference: str, *, amount: Money) -> Draft:
    return _move("tokens.expired", reference, amount, Account.DEFERRED_REVENUE, Account.BREAKAGE)


def tokens_put_back(reference: str, *, amount: Money, expired: bool = False) -> Draft:
    """Used or expired units of a package are the customer's again: what they earned is deferred again."""
    source = Account.BREAKAGE if expired else Account.REVENUE
    return _move("tokens.put_back", reference, amount, source, Account.DEFERRED_REVENUE)


def settled_in_other_currency(reference: str, *, taken: Money, settled: Money) -> Draft:
    """`taken` leaves the clearing in the customer's currency, `settled` enters it in the gateway's."""
    if taken.currency == settled.currency:
        raise ValueError(f"{reference}: {taken} settled in its own currency moves nothing")
    return draft(
        "settlement.converted",
        reference,
        debit(Account.FX_POSITION, taken),
        credit(Account.GATEWAY_CLEARING, taken),
        debit(Account.GATEWAY_CLEARING, settled),
        credit(Account.FX_POSITION, settled),
    )


def fx_gain_realised(journal: str, *, amount: Money) -> Draft:
    """At the close, in the reporting currency; one of gain and loss for a month."""
    return _move("fx.realised", journal, amount, Account.FX_POSITION, Account.FX_GAIN_OR_LOSS)


def fx_loss_realised(journal: str, *, amount: Money) -> Draft:
    return _move("fx.realised", journal, amount, Account.FX_GAIN_OR_LOSS, Account.FX_POSITION)


def _move(fact: str, reference: str, amount: Money, to: Account, source: Account) -> Draft:
    return draft(fact, reference, debit(to, amount), credit(source, amount))


def _paid(fact: str, reference: str, amount: Money, owed: Money, into: Account) -> Draft:
    settles = min(amount, owed)
    return draft(
        fact,
        reference,
        debit(into, amount),
        credit(Account.RECEIVABLE, settles),
        credit(Account.CUSTOMER_BALANCE, amount - settles),
    )
