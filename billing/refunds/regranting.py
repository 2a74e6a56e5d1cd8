"""A refund heard of before the invoice that its payment paid drew on a balance that was never free.

In the order of things the invoice comes first, and all of such a refund is granted on top of the books.
Whatever order a gateway tells it in, the books end the same.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, Sum

from billing.history.actors import Actor
from billing.history.services import record
from billing.ledger import rules as ledger
from billing.ledger.services import post
from billing.logs import add_facts, service
from billing.money import Money
from billing.payments.models import PaymentAllocation
from billing.refunds import locks, rules
from billing.refunds.models import Refund


@service("refunds")
def regrant(
    *, gateway: str, payments: Iterable[str] = (), invoices: Iterable[str] = (), actor: Actor, now: datetime
) -> int:
    """Takes back what refunds of these payments, or of payments of these invoices, drew on the balance though
    an invoice has had it. Both are named by the gateway's ids; gives how many refunds it was. Inside a
    transaction.
    """
    named = Q(payment__gateway_id__in=list(payments))
    named |= Q(payment__allocations__invoice__gateway_id__in=list(invoices))
    drawing = Refund.objects.filter(
        named, gateway=gateway, origin="gateway", from_balance_minor__gt=0, state__in=rules.HOLDS
    )
    changed = 0
    for payment_id in sorted(set(drawing.values_list("payment_id", flat=True))):
        changed += _of_payment(payment_id, actor, now)
    add_facts(changed=changed)
    return changed


def _of_payment(payment_id: int, actor: Actor, now: datetime) -> int:
    payment = locks.lock_payment(pk=payment_id)
    allocated = (
        PaymentAllocation.objects.filter(payment=payment).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    )
    held = list(
        Refund.objects.select_for_update()
        .filter(payment=payment, state__in=rules.HOLDS, from_balance_minor__gt=0, invoice=None)
        .order_by("-created_at", "-pk")
    )
    excess = sum(each.from_balance_minor for each in held) - max(0, payment.captured_minor - allocated)
    changed = 0
    for refund in held:
        part = min(excess, refund.from_balance_minor)
        if part <= 0 or refund.origin != "gateway":
            continue
        excess -= part
        changed += 1
        refund.from_balance_minor -= part
        refund.save(update_fields=["from_balance_minor"])
        money = Money(part, refund.currency)
        draft = ledger.refund_regranted(f"{refund.reference}:{refund.from_balance_minor}", amount=money)
        post(draft, actor=actor, now=now, customer_id=refund.customer_id, subject=refund, effective_at=now)
        record(refund, "regranted", actor=actor, now=now, money=money)
    return changed
