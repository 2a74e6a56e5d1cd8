"""What is kept of PayPal's resources, by what their event is about (`sources.paypal.KINDS`).

Both of PayPal's interfaces write the same kind of thing in different shapes; one line serves both. Payers'
names, addresses and e-mails are in none: a subscription's payer is asked for by the worker.
"""


def _amounts(*paths: str) -> str:
    """Amounts at these paths: {value, currency_code} newer, {total, currency} older."""
    return " ".join(
        f"{path}.value(number) {path}.total(number) {path}.currency_code {path}.currency" for path in paths
    )


def _under(path: str, spec: str) -> str:
    return " ".join(f"{path}.{each}" for each in spec.split())


LINKS = "links.*.rel(id) links.*.method(word) links.*.href(paypal_link)"
STAMPS = "create_time(moment) update_time(moment)"
RELATED = "supplementary_data.related_ids.(order_id authorization_id capture_id)"
IN_PLAN = f"""
    product_id status(id) state(id) name(text) description(text) type(id) usage_type(id) {STAMPS}
    curr_code(currency) quantity_supported(flag) taxes.percentage(number) taxes.inclusive(flag)
    billing_cycles.*.tenure_type(word) billing_cycles.*.sequence(number)
    billing_cycles.*.total_cycles(number)
    billing_cycles.*.frequency.interval_unit(word) billing_cycles.*.frequency.interval_count(number)
    {_amounts("billing_cycles.*.pricing_scheme.fixed_price", "payment_definitions.*.amount")}
    payment_definitions.*.type(word) payment_definitions.*.frequency(id)
    payment_definitions.*.frequency_interval(number) payment_definitions.*.cycles(number)
"""

ALLOWED: dict[str, str] = {
    "capture": f"""
        id status(id) state(id) {STAMPS} {_amounts("amount")} final_capture(flag) is_final_capture(flag)
        parent_payment(id) invoice_number(id) status_details.reason(word) reason_code(word) {RELATED} {LINKS}
        {_amounts("seller_receivable_breakdown.gross_amount")}
        {_amounts("seller_receivable_breakdown.paypal_fee")}
        {_amounts("seller_receivable_breakdown.net_amount")}
        {_amounts("transaction_fee")} seller_protection.status(word) disbursement_mode(word)
        processor_response.response_code(id)
    """,
    "sale": f"""
        id status(id) state(id) {STAMPS} {_amounts("amount")} parent_payment(id) billing_agreement_id
        payment_mode(word) protection_eligibility(word) status_details.reason(word) reason_code(word) {LINKS}
        {_amounts("transaction_fee")} {_amounts("receivable_amount")} exchange_rate(number)
    """,
    "authorization": f"""
        id status(id) state(id) {STAMPS} {_amounts("amount")} parent_payment(id) payment_mode(word)
        expiration_time(moment) valid_until(moment) seller_protection.status(word)
        status_details.reason(word) reason_code(word) {RELATED} {LINKS}
    """,
    "refund": f"""
        id status(id) state(id) {STAMPS} {_amounts("amount")} sale_id capture_id parent_payment(id)
        custom_id(id) invoice_number(id) status_details.reason(word) reason_code(word) {LINKS}
        {_amounts("seller_payable_breakdown.gross_amount")}
        {_amounts("seller_payable_breakdown.paypal_fee")}
        {_amounts("seller_payable_breakdown.net_amount")}
        {_amounts("seller_payable_breakdown.total_refunded_amount")}
    """,
    "dispute": f"""
        dispute_id {STAMPS} status(word) reason(word) dispute_life_cycle_stage(word) dispute_channel(atom)
        {_amounts("dispute_amount")} seller_response_due_date(moment) buyer_response_due_date(moment)
        disputed_transactions.*.(seller_transaction_id seller_protection_eligible(flag))
        dispute_outcome.outcome_code(word) {_amounts("dispute_outcome.amount_refunded")}
        dispute_creation_date(moment) dispute_status(number) dispute_reason(number) dispute_category(number)
        seller_payment_id {LINKS}
    """,
    "subscription": f"""
        id plan_id status(id) state(id) status_update_time(moment) {STAMPS} start_time(moment)
        start_date(moment) quantity(number) plan_overridden(flag) auto_renewal(flag)
        {_amounts("shipping_amount")} subscriber.payer_id payer.payer_info.payer_id payer.payer_id
        billing_info.(next_billing_time(moment) final_payment_time(moment) failed_payments_count(number))
        {_amounts("billing_info.outstanding_balance")}
        billing_info.last_payment.time(moment) {_amounts("billing_info.last_payment.amount")}
        billing_info.cycle_executions.*.(tenure_type(word) sequence(number) cycles_completed(number)
            cycles_remaining(number) total_cycles(number))
        agreement_details.(num_cycles_remaining(number) num_cycles_completed(number)
            last_payment_date(moment) next_billing_date(moment) failed_payment_count(number))
        {_amounts("agreement_details.outstanding_balance")}
        {_under("plan", IN_PLAN)} {LINKS}
    """,
    "plan": f"id {IN_PLAN} {LINKS}",
    "product": f"id name(text) description(text) type(word) category(word) {STAMPS} {LINKS}",
    "payout": f"""
        payout_item_id payout_batch_id transaction_id transaction_status(word) time_processed(moment)
        activity_id {_amounts("payout_item_fee")} {_amounts("payout_item.amount")}
        payout_item.recipient_type(word) batch_header.(payout_batch_id batch_status(word)
            time_created(moment) time_completed(moment) payments(number))
        {_amounts("batch_header.amount")} {_amounts("batch_header.fees")} {LINKS}
    """,
    "invoice": f"""
        id status(word) invoice_date(day) {_amounts("total_amount")} {_amounts("refunded_amount.paypal")}
        {_amounts("paid_amount.paypal")} payments.*.(type(word) transaction_id transaction_type(word))
        detail.(currency_code) {_amounts("amount")} {LINKS}
    """,
    "order": f"id status(word) intent(word) {STAMPS} {LINKS}",
    "vaulted": f"id state(id) {STAMPS}",
}
