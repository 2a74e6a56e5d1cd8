"""What Stripe's events are about."""

from billing.webhooks.handlers.handler import Handler

#: The first line that fits decides; a type that none fits is ignored.
STRIPE: tuple[Handler, ...] = (
    Handler("refund.", "refunds"),
    Handler("charge.refund.updated", "refunds"),
    Handler("charge.dispute.", "disputes"),
    Handler("charge.", "charges"),
    Handler("payment_intent.", "payment_intents"),
    Handler("invoice_payment.", "invoice_payments"),
    Handler("invoice.upcoming", ""),
    Handler("invoice.will_be_due", "invoices", ask=True),
    Handler("invoice.deleted", ""),
    Handler("invoice.", "invoices", ask=True),
    Handler("credit_note.", "credit_notes"),
    Handler("customer.subscription.", "subscriptions"),
    Handler("customer.created", "customers", ask=True),
    Handler("customer.updated", "customers", ask=True),
    Handler("customer.deleted", "customers", gone=True),
    Handler("payment_method.detached", "payment_methods", ask=True),
    Handler("payment_method.", "payment_methods", ask=True),
    Handler("product.deleted", "products", gone=True),
    Handler("product.", "products"),
    Handler("price.deleted", "prices", gone=True),
    Handler("price.", "prices"),
    Handler("plan.deleted", "plans", gone=True),
    Handler("plan.", "plans"),
)
