"""What is kept of Stripe's objects, by their ``object``."""

PRICE = "id object active amount amount_decimal currency interval interval_count product type unit_amount \
unit_amount_decimal tax_behavior created deleted recurring.interval recurring.interval_count"
CARD = "brand last4 exp_month exp_year"
TAX = "amount inclusive tax_behavior"
COUPON = "id duration percent_off amount_off currency"
PAYOUT = "id object created date amount currency status type arrival_date automatic(flag) method(word) \
source_type(word) reconciliation_status(word) failure_code failure_message(text) balance_transaction \
failure_balance_transaction original_payout reversed_by"

ALLOWED: dict[str, str] = {
    "customer": "id object created deleted currency delinquent",
    "payment_method": f"""
        id object created type customer card.({CARD}) sepa_debit.(last4 bank_code) us_bank_account.(last4)
    """,
    "card": f"id object customer deleted {CARD}",
    "bank_account": "id object customer deleted currency status last4",
    "source": f"""
        id object created customer type status currency flow usage card.({CARD}) sepa_debit.(last4 bank_code)
    """,
    "product": "id object created active deleted name(text) description(text) marketing_features.*.name",
    "price": PRICE,
    "plan": PRICE,
    "subscription": f"""
        id object created start_date start status customer currency billing_cycle_anchor cancel_at
        cancel_at_period_end canceled_at ended_at trial_start trial_end
        current_period_start current_period_end collection_method latest_invoice
        pause_collection.behavior pause_collection.resumes_at pending_update.(expires_at trial_end)
        items.has_more
        items.data.*.(id object quantity created current_period_start current_period_end deleted)
        items.data.*.price.({PRICE})
        items.data.*.plan.({PRICE})
        items.data.*.discounts.*.(id)
        items.data.*.discounts.*.coupon.({COUPON})
        items.data.*.discounts.*.source.coupon.({COUPON})
        plan.({PRICE}) quantity
        discount.coupon.({COUPON})
        discounts.*.coupon.({COUPON})
        discounts.*.source.coupon.({COUPON})
    """,
    "invoice": """
        id object created date number status customer subscription currency total tax amount_due amount_paid
        amount_remaining amount_overpaid attempt_count attempted auto_advance billing_reason charge closed
        collection_method due_date forgiven next_payment_attempt paid payment_intent period_end period_start
        status_transitions.(finalized_at marked_uncollectible_at paid_at voided_at)
    """,
    "invoice_payment": """
        id object created invoice status amount_paid amount_requested currency is_default
        payment.type payment.payment_intent payment.charge
    """,
    "payment_intent": """
        id object created status customer amount amount_received amount_capturable currency invoice
        latest_charge payment_method source canceled_at cancellation_reason capture_method description(text)
        setup_future_usage(word)
        last_payment_error.(code decline_code type message(text)) metadata.reference
    """,
    "charge": f"""
        id object created status paid captured refunded disputed customer
        amount amount_captured amount_refunded currency
        invoice payment_intent payment_method failure_code failure_message(text) description(text)
        outcome.(reason type) source.(id object {CARD}) card.(id object {CARD})
        balance_transaction balance_transaction.(id amount fee currency)
        payment_method_details.type payment_method_details.card.({CARD})
        payment_method_details.sepa_debit.(last4 bank_code) payment_method_details.link.(brand)
        refunds.data.*.(id object created status amount currency charge payment_intent reason failure_reason)
        refunds.data.*.metadata.(reference reason) metadata.reference
    """,
    "refund": """
        id object created status amount currency charge payment_intent reason failure_reason
        balance_transaction metadata.(reference reason)
    """,
    "dispute": """
        id object created status reason amount currency charge payment_intent is_charge_refundable
        evidence_details.(due_by has_evidence past_due submission_count)
        balance_transactions.*.(id created amount fee currency type)
    """,
    "radar.early_fraud_warning": "id object created actionable charge fraud_type(word) payment_intent",
    "checkout.session": """
        id object created expires_at status mode(word) payment_status(word) amount_subtotal amount_total
        currency customer payment_intent setup_intent subscription invoice payment_link recovered_from
        metadata.reference
    """,
    "payout": PAYOUT,
    "transfer": PAYOUT,
    "tax_id": "id object created customer type",
    "credit_note": f"""
        id object created effective_at status type number invoice customer currency amount total
        total_excluding_tax post_payment_amount pre_payment_amount reason memo(text) voided_at
        total_taxes.*.({TAX}) tax_amounts.*.({TAX})
        lines.data.*.tax_amounts.*.({TAX}) lines.data.*.taxes.*.({TAX})
    """,
}
