"""Which event is about what, and whether its message can be taken at its word: one readable table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Handler:
    """Events whose type begins so are about objects of ``kind``.

    ``ask``: the message leaves out what is recorded (personal data is not stored with it), so the gateway is
    asked for the object. ``gone``: the event says that the object was deleted.
    """

    begins: str
    kind: str
    ask: bool = False
    gone: bool = False


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
SANDBOX: tuple[Handler, ...] = (Handler("refund.", "refunds"),)
TABLES = {"stripe": STRIPE, "sandbox": SANDBOX}


def handler_of(source: str, event_type: str) -> Handler | None:
    """None for an event that the desk has no use for."""
    fits = (each for each in TABLES[source] if event_type.startswith(each.begins))
    found = next(fits, None)
    return found if found is not None and found.kind else None
