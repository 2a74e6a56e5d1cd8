"""What Stripe's events are about."""

from billing.webhooks.handlers.handler import Handler

#: The first line that fits decides; a type that none fits is ignored.
STRIPE: tuple[Handler, ...] = (
    # Money that comes, goes back, is taken, and is sent on.
    Handler("payment_intent.", "payment_intents"),
    Handler("charge.dispute.", "disputes"),
    Handler("charge.refund.updated", "refunds"),
    Handler("charge.", "charges"),
    Handler("refund.", "refunds"),
    Handler("radar.early_fraud_warning.", "early_fraud_warnings"),
    Handler("payout.", "payouts"),
    # Before 2017-04-06 a payout was a transfer; the other transfers go to connected accounts.
    Handler("transfer.paid", "payouts"),
    Handler("transfer.failed", "payouts"),
    # What is owed.
    Handler("invoice.upcoming", "", why="A preview: the invoice does not exist yet."),
    Handler("invoice.deleted", "deleted_invoices", gone=True),
    Handler("invoice.", "invoices", ask=True),
    Handler("invoice_payment.", "invoice_payments"),
    Handler("invoiceitem.", "", why="An item is recorded with the invoice that it comes to stand on."),
    Handler("credit_note.", "credit_notes"),
    Handler("checkout.session.", "checkout_sessions"),
    # Who pays, how, and for what.
    Handler("customer.subscription.", "subscriptions"),
    Handler("subscription_schedule.", "", why="What a schedule does is told by its subscription."),
    Handler("customer.created", "customers", ask=True),
    Handler("customer.updated", "customers", ask=True),
    Handler("customer.deleted", "customers", gone=True),
    Handler("customer.tax_id.", "customers", ask=True, named_by="customer"),
    Handler("customer.discount.", "", why="What it takes off is told by its subscription or invoice."),
    Handler("payment_method.detached", "payment_methods"),
    Handler("payment_method.", "payment_methods", ask=True),
    # Cards, sources and bank accounts of the older kind; until 2015 some had names of their own.
    Handler("customer.source.deleted", "payment_methods", gone=True),
    Handler("customer.source.", "payment_methods"),
    Handler("customer.card.deleted", "payment_methods", gone=True),
    Handler("customer.card.", "payment_methods"),
    Handler("customer.bank_account.deleted", "payment_methods", gone=True),
    Handler("customer.bank_account.", "payment_methods"),
    Handler("source.", "", why="A source is recorded once it belongs to a customer."),
    Handler("setup_intent.", "", why="The payment method that it saves is told of by an event of its own."),
    Handler("product.deleted", "products", gone=True),
    Handler("product.", "products"),
    Handler("price.deleted", "prices", gone=True),
    Handler("price.", "prices"),
    Handler("plan.deleted", "plans", gone=True),
    Handler("plan.", "plans"),
    # About the account at Stripe itself, or about what the desk does not keep.
    Handler("account.", "", why="This is about the account at Stripe, not about a customer of it."),
    Handler("balance.", "", why="A balance is the sum of payments, refunds, disputes and payouts."),
    Handler("coupon.", "", why="What a coupon takes off is told by the subscription or invoice that has it."),
    Handler("promotion_code.", "", why="What a code takes off is told by the subscription that has it."),
    Handler("tax_rate.", "", why="The rate is told by each line that it applies to."),
    Handler("transfer.", "", why="Transfers between accounts at Stripe are not kept."),
)
