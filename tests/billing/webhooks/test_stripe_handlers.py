"""Which Stripe event does what: the table, type by type."""

import pytest

from billing.imports.taking import KINDS
from billing.webhooks.handlers import NO_USE, TABLES, handler_of, why_ignored

KIND_OF = {
    "charges": "charge.captured charge.expired charge.failed charge.pending charge.refunded charge.succeeded "
    "charge.updated",
    "checkout_sessions": "checkout.session.async_payment_failed checkout.session.async_payment_succeeded "
    "checkout.session.completed checkout.session.expired",
    "credit_notes": "credit_note.created credit_note.updated credit_note.voided",
    "customers": "customer.created customer.deleted customer.updated customer.tax_id.created "
    "customer.tax_id.deleted customer.tax_id.updated",
    "deleted_invoices": "invoice.deleted",
    "disputes": "charge.dispute.closed charge.dispute.created charge.dispute.funds_reinstated "
    "charge.dispute.funds_withdrawn charge.dispute.updated",
    "early_fraud_warnings": "radar.early_fraud_warning.created radar.early_fraud_warning.updated",
    "invoice_payments": "invoice_payment.paid",
    "invoices": "invoice.created invoice.finalization_failed invoice.finalized invoice.marked_uncollectible "
    "invoice.overdue invoice.overpaid invoice.paid invoice.payment_action_required "
    "invoice.payment_attempt_required invoice.payment_failed invoice.payment_succeeded invoice.sent "
    "invoice.updated invoice.voided invoice.will_be_due",
    "payment_intents": "payment_intent.amount_capturable_updated payment_intent.canceled "
    "payment_intent.created payment_intent.partially_funded payment_intent.payment_failed "
    "payment_intent.processing payment_intent.requires_action payment_intent.succeeded",
    "payment_methods": "payment_method.attached payment_method.automatically_updated "
    "payment_method.card_automatically_updated payment_method.detached payment_method.updated "
    "customer.source.created customer.source.deleted customer.source.expiring customer.source.updated "
    "customer.card.created customer.bank_account.deleted",
    "payouts": "payout.canceled payout.created payout.failed payout.paid payout.reconciliation_completed "
    "payout.updated transfer.failed transfer.paid",
    "plans": "plan.created plan.deleted plan.updated",
    "prices": "price.created price.deleted price.updated",
    "products": "product.created product.deleted product.updated",
    "refunds": "refund.created refund.failed refund.updated charge.refund.updated",
    "subscriptions": "customer.subscription.created customer.subscription.deleted "
    "customer.subscription.paused customer.subscription.pending_update_applied "
    "customer.subscription.pending_update_expired customer.subscription.resumed "
    "customer.subscription.trial_will_end customer.subscription.updated",
}
IGNORED = """
account.application.deauthorized account.external_account.created account.updated balance.available
coupon.created customer.discount.created invoice.upcoming invoiceitem.deleted promotion_code.created
setup_intent.succeeded source.chargeable subscription_schedule.aborted tax_rate.created transfer.deleted
"""


@pytest.mark.parametrize(("kind", "types"), KIND_OF.items())
def test_each_type_is_about_its_kind(kind: str, types: str) -> None:
    for each in types.split():
        handler = handler_of("stripe", each)
        assert handler is not None, each
        assert handler.kind == kind, each
        assert handler.gone == each.endswith(".deleted") or kind in ("subscriptions", "customers")


@pytest.mark.parametrize("event_type", IGNORED.split())
def test_what_the_desk_has_no_use_for_says_why(event_type: str) -> None:
    assert handler_of("stripe", event_type) is None
    assert why_ignored("stripe", event_type) not in ("", NO_USE)


def test_a_type_that_nobody_has_named_is_ignored_with_a_sentence() -> None:
    assert handler_of("stripe", "issuing_card.created") is None
    assert why_ignored("stripe", "issuing_card.created") == NO_USE


def test_every_kind_of_the_table_can_be_recorded() -> None:
    assert {each.kind for each in TABLES["stripe"] if each.kind} <= set(KINDS)


def test_no_line_stands_behind_one_that_takes_its_types_away() -> None:
    begins = [each.begins for each in TABLES["stripe"]]
    for place, each in enumerate(begins):
        assert not any(each.startswith(before) for before in begins[:place]), each
