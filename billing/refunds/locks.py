"""The two locks of this folder. Where both are needed, the payment's comes first."""

from billing.errors import Missing
from billing.payments.models import Payment
from billing.refunds.models import Refund


def lock_payment(**which: object) -> Payment:
    """The payment, locked until the transaction ends: who adds up its refunds does so alone.

    Raises `Missing`.
    """
    payment = Payment.objects.select_for_update(of=("self",)).filter(**which).first()
    if payment is None:
        raise Missing(
            "payment_unknown",
            "The desk does not know this payment. Import it from the gateway first.",
            retry_helps=True,
            facts={name: str(value) for name, value in which.items()},
        )
    return payment


def lock_refund(refund_id: int) -> Refund:
    """The refund, locked until the transaction ends. Raises `Missing`."""
    if refund := lock_first(pk=refund_id):
        return refund
    raise Missing("refund_unknown", "This refund does not exist.")


def lock_first(**which: object) -> Refund | None:
    """The one refund that answers to this, locked until the transaction ends; None when none does."""
    return Refund.objects.select_for_update(of=("self",)).filter(**which).first()
