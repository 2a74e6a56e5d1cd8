"""What is kept of YooKassa's objects, by the part of the event's name before its state."""

AMOUNT = "value(number) currency"
CANCELED = "cancellation_details.(party(word) reason(word))"

ALLOWED: dict[str, str] = {
    "payment": f"""
        id status created_at captured_at expires_at paid(flag) refundable(flag) test(flag)
        amount.({AMOUNT}) income_amount.({AMOUNT}) refunded_amount.({AMOUNT})
        recipient.(account_id gateway_id) description(text) merchant_customer_id {CANCELED}
        payment_method.(id type saved(flag) status(word))
        payment_method.card.(last4 expiry_month(number) expiry_year(number) card_type(brand))
        receipt_registration(word)
    """,
    "refund": f"""
        id payment_id status created_at amount.({AMOUNT}) description(text) {CANCELED}
        metadata.reference(id) receipt_registration(word)
    """,
    "deal": f"id type status created_at expires_at fee_moment(word) test(flag) balance.({AMOUNT}) "
    f"payout_balance.({AMOUNT})",
    "payout": f"id status created_at succeeded_at amount.({AMOUNT}) test(flag) {CANCELED}",
    "payment_method": "id type saved(flag) status(word)",
}
