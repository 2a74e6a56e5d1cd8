"""What PayPal's events are about."""

from billing.webhooks.handlers.handler import Handler

OUT = "Payouts send our money to others; the desk keeps no record of them."
PAYS = "The captures and authorisations of an order tell of its money themselves."

#: The first line that fits decides; a type that none fits is ignored.
PAYPAL: tuple[Handler, ...] = (
    # Money that goes back: the resource is the refund, in both of PayPal's interfaces.
    Handler("PAYMENT.CAPTURE.REFUNDED", "refunds"),
    Handler("PAYMENT.CAPTURE.REVERSED", "refunds"),
    Handler("PAYMENT.SALE.REFUNDED", "refunds"),
    Handler("PAYMENT.SALE.REVERSED", "refunds"),
    Handler("PAYMENT.REFUND.", "refunds"),
    # Money that comes; what a subscription earns comes as a sale.
    Handler("PAYMENT.CAPTURE.", "captures"),
    Handler("PAYMENT.SALE.", "sales"),
    Handler("PAYMENT.AUTHORIZATION.", "authorizations"),
    Handler("CUSTOMER.DISPUTE.", "disputes"),
    Handler("RISK.DISPUTE.", "disputes"),
    # What is sold, and to whom.
    Handler("BILLING.SUBSCRIPTION.", "subscriptions", ask=True),
    Handler("BILLING.PLAN.", "plans"),
    Handler("CATALOG.PRODUCT.", "products"),
    Handler("PAYMENT.PAYOUTS", "", why=OUT),
    Handler("PAYMENT.ORDER.", "", why=PAYS),
    Handler("CHECKOUT.", "", why=PAYS),
    Handler("INVOICING.", "", why="An invoice of PayPal's own tells of its money by its sale."),
    Handler("VAULT.", "", why="A method kept at PayPal belongs to no customer that the desk knows."),
    Handler("BILLING_AGREEMENTS.", "", why="An agreement without a plan earns nothing by itself."),
)
