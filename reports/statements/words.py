"""What a posting is called on a customer's statement. Pure."""

WORDS = {
    "invoice.finalised": "Invoice",
    "invoice.credited": "Invoice in your favour",
    "invoice.voided": "Invoice voided",
    "invoice.written_off": "Written off",
    "invoice.recovered": "Recovered after it was written off",
    "invoice.write_off_lessened": "Write-off lessened by a credit note",
    "credit_note.issued": "Credit note",
    "credit_note.voided": "Credit note voided",
    "payment.succeeded": "Payment",
    "payment.out_of_band": "Payment to our bank",
    "payment.after_write_off": "Payment after it was written off",
    "payment.reversed": "Payment reversed",
    "payment.unapplied": "Payment taken off an invoice",
    "store_credit.used": "Store credit used",
    "store_credit.expired": "Store credit expired",
    "goodwill.granted": "Store credit given",
    "goodwill.taken_back": "Store credit taken back",
    "refund.approved": "Refund promised",
    "refund.regranted": "Refund granted by us",
    "refund.succeeded": "Refund paid out",
    "dispute.withdrawn": "Disputed with the bank",
    "dispute.reinstated": "Disputed amount returned",
    "dispute.lost": "Dispute decided for you",
}


def said(fact: str) -> str:
    """Payment · Payment, reversed · Refund promised, taken back."""
    if fact in WORDS:
        return WORDS[fact]
    whole, _, ending = fact.rpartition(".")
    if ending == "reversed" and whole in WORDS:
        return f"{WORDS[whole]}, taken back"
    return fact.replace(".", " ").replace("_", " ").capitalize()
