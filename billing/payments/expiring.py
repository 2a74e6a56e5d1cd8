"""Cards that are about to expire: their owners are told in time, once in a month at most."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.errors import Conflict, Missing
from billing.history.actors import Actor, system
from billing.history.context import acting
from billing.logs import add_facts, service
from billing.messages.models import Message
from billing.messages.services import write
from billing.payments.card_links import create_card_link, url_of
from billing.payments.models import MethodKind, PaymentMethod
from billing.payments.queries import BRANDS
from billing.subscriptions.models import Subscription

KIND = "card_expiring"
WORKER = system("worker")
BATCH = 500
#: Nobody is asked about one card more often than this, however many ask.
AGAIN = timedelta(days=1)
#: Subscriptions that will be charged again.
GOING_ON = ("trialing", "active", "past_due")


def expiring_cards(on: date) -> QuerySet[PaymentMethod]:
    """Cards of customers whom we charge that expire in this month or the next: only those that would be
    charged, the default one or the only one."""
    next_month = (on.year + on.month // 12, on.month % 12 + 1)
    return charged_cards().filter(
        Q(exp_year=on.year, exp_month=on.month) | Q(exp_year=next_month[0], exp_month=next_month[1])
    )


def charged_cards() -> QuerySet[PaymentMethod]:
    """Cards that would be charged next: of customers with a subscription that we collect and that goes on,
    the default one or the only method."""
    others = PaymentMethod.objects.filter(customer=OuterRef("customer"), detached_at=None).exclude(
        pk=OuterRef("pk")
    )
    charged = Subscription.objects.filter(
        customer=OuterRef("customer"), collected_by="us", state__in=GOING_ON
    )
    return PaymentMethod.objects.filter(
        Q(is_default=True) | ~Exists(others), Exists(charged), kind=MethodKind.CARD, detached_at=None
    )


def other_cards(on: date) -> QuerySet[PaymentMethod]:
    """For a query over cards: the other cards of a card's customer that are good in this month."""
    good = Q(exp_year__gt=on.year) | Q(exp_year=on.year, exp_month__gte=on.month)
    theirs = PaymentMethod.objects.filter(customer=OuterRef("customer"), kind=MethodKind.CARD)
    return theirs.filter(good, detached_at=None).exclude(pk=OuterRef("pk"))


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


@service("payments")
def ask_for_card(*, method_id: int, cause: str, actor: Actor, now: datetime) -> Message:
    """Writes to a card's owner that it expires and that we need another. The same cause writes once.

    Raises `Missing` for a card that is no longer on file, `Conflict` where its owner was written to about it
    within the last day.
    """
    row = PaymentMethod.objects.select_for_update(of=("self",)).filter(pk=method_id, detached_at=None).first()
    if row is None or row.kind != MethodKind.CARD:
        raise Missing("card_missing", "This card is no longer on file.")
    about = Message.objects.filter(kind=KIND, subject_kind="paymentmethod", subject_id=row.pk)
    if about.filter(created_at__gt=now - AGAIN).exclude(cause=cause).exclude(state="canceled").exists():
        raise Conflict("asked_already", "Its owner was written to about it within the last day.")
    return _warn(row, cause, now, actor)


def _cause(row: PaymentMethod, now: datetime) -> str:
    return f"{KIND}:{row.pk}:{now:%Y-%m}"


@transaction.atomic
def _warn(row: PaymentMethod, cause: str, now: datetime, actor: Actor = WORKER) -> Message:
    """The letter, with a link of its own by which a new card is left."""
    if written := Message.objects.filter(cause=cause).first():
        return written
    _, token = create_card_link(customer_id=row.customer_id, asked_for=row, actor=actor, now=now)
    brand = BRANDS.get(row.brand.lower(), row.brand.replace("_", " ").capitalize())
    card = f"{brand} ···· {row.last4}".strip()
    return write(
        kind=KIND,
        customer_id=row.customer_id,
        facts={"card": card, "month": f"{row.exp_month:02}/{row.exp_year}", "link": url_of(token)},
        cause=cause,
        actor=actor,
        now=now,
        about=row,
        label=card,
    )
