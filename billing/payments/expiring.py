"""Cards that are about to expire: their owners are told in time, once in a month at most."""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.history.actors import system
from billing.history.context import acting
from billing.logs import add_facts, service
from billing.messages.models import Message
from billing.messages.services import write
from billing.payments.models import MethodKind, PaymentMethod
from billing.payments.queries import BRANDS
from billing.subscriptions.models import Subscription

KIND = "card_expiring"
WORKER = system("worker")
BATCH = 500
#: Subscriptions that will be charged again.
GOING_ON = ("trialing", "active", "past_due")


def expiring_cards(on: date) -> QuerySet[PaymentMethod]:
    """Cards of customers whom we charge that expire in this month or the next: only those that would be
    charged, the default one or the only one."""
    next_month = (on.year + on.month // 12, on.month % 12 + 1)
    others = PaymentMethod.objects.filter(customer=OuterRef("customer"), detached_at=None).exclude(
        pk=OuterRef("pk")
    )
    charged = Subscription.objects.filter(
        customer=OuterRef("customer"), collected_by="us", state__in=GOING_ON
    )
    return PaymentMethod.objects.filter(
        Q(exp_year=on.year, exp_month=on.month) | Q(exp_year=next_month[0], exp_month=next_month[1]),
        Q(is_default=True) | ~Exists(others),
        Exists(charged),
        kind=MethodKind.CARD,
        detached_at=None,
    )


@service("payments")
def warn_of_expiry(*, now: datetime) -> int:
    """Writes to the owners of `expiring_cards`, once for each card and month; gives how many."""
    written, after = 0, 0
    with acting(WORKER):
        while True:
            rows = list(expiring_cards(now.date()).filter(pk__gt=after).order_by("pk")[:BATCH])
            if not rows:
                break
            after = rows[-1].pk
            causes = {_cause(row, now): row for row in rows}
            told = set(Message.objects.filter(cause__in=list(causes)).values_list("cause", flat=True))
            for cause, row in causes.items():
                if cause not in told:
                    _warn(row, cause, now)
                    written += 1
    add_facts(written=written)
    return written


def _cause(row: PaymentMethod, now: datetime) -> str:
    return f"{KIND}:{row.pk}:{now:%Y-%m}"


def _warn(row: PaymentMethod, cause: str, now: datetime) -> None:
    brand = BRANDS.get(row.brand.lower(), row.brand.replace("_", " ").capitalize())
    card = f"{brand} ···· {row.last4}".strip()
    write(
        kind=KIND,
        customer_id=row.customer_id,
        facts={"card": card, "month": f"{row.exp_month:02}/{row.exp_year}"},
        cause=cause,
        actor=WORKER,
        now=now,
        about=row,
        label=card,
    )
