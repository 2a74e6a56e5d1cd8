"""What payments post: their success once, their reversal once, and what the gateway took for them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from billing.gateways.facts import AttemptFact
from billing.history.actors import Actor
from billing.invoices.models import Invoice
from billing.ledger import rules
from billing.ledger.models import Posting
from billing.ledger.services import Entry, count_posted, post_many, reverse
from billing.money import Money
from billing.payments.following import follow
from billing.payments.models import Payment, PaymentAllocation
from billing.payments.queries import allocated_of_payments

FACT = "payment.succeeded"
#: What a payment posts when it is applied to an invoice after it came in, and when it is taken off again.
USED = "store_credit.used"
UNAPPLIED = "payment.unapplied"


def live_postings(payment_ids: Iterable[int]) -> dict[int, Posting]:
    """The posting of each payment's success that has not been taken back."""
    return _live(_postings(payment_ids))


def _postings(payment_ids: Iterable[int]) -> list[Posting]:
    """Every posting of the success of these payments, each with what reverses it."""
    rows = Posting.objects.filter(subject_kind="payment", subject_id__in=list(payment_ids), fact=FACT)
    return list(rows.select_related("reversed_by"))


def _live(postings: Iterable[Posting]) -> dict[int, Posting]:
    return {row.subject_id: row for row in postings if row.subject_id and not hasattr(row, "reversed_by")}


@transaction.atomic
def settle(payments: Sequence[Payment], *, actor: Actor, now: datetime) -> int:
    """As `settle_locked`, for payments that are not locked yet."""
    ids = [payment.pk for payment in payments]
    locked = Payment.objects.select_for_update().filter(pk__in=ids).order_by("pk") if ids else ()
    return settle_locked(list(locked), actor=actor, now=now)


def settle_locked(payments: Sequence[Payment], *, actor: Actor, now: datetime) -> int:
    """Posts those that have succeeded and are not posted, and takes back those that were reversed.

    What is applied to invoices settles the receivable, the rest becomes the customer's balance. Gives how
    many postings were written. For payments as they stand, which the caller's transaction holds.
    """
    if not payments:
        return 0
    known = _postings([payment.pk for payment in payments])
    live, before = _live(known), Counter(row.subject_id for row in known)
    owing = [p for p in payments if p.state == "succeeded" and p.captured_minor and p.pk not in live]
    used = allocated_of_payments([payment.pk for payment in owing])
    entries = [_entry(each, used.get(each.pk, 0), before[each.pk]) for each in owing]
    written = count_posted(entries, actor=actor, now=now)
    for payment in payments:
        if payment.state == "reversed" and payment.pk in live:
            written += _take_back(payment, live[payment.pk], actor, now)
    return written


def _entry(payment: Payment, owed_minor: int, times_before: int) -> Entry:
    """A success after a reversal is another fact, and is numbered."""
    draft = rules.payment_succeeded(
        f"{payment.reference}:{times_before + 1}" if times_before else payment.reference,
        amount=Money(payment.captured_minor, payment.currency),
        owed=Money(owed_minor, payment.currency),
    )
    return Entry(draft, payment.customer_id, payment, payment.succeeded_at)


def _take_back(payment: Payment, posting: Posting, actor: Actor, now: datetime) -> int:
    """The money went back: what it had paid is open again."""
    later = Posting.objects.filter(
        subject_kind="payment",
        subject_id=payment.pk,
        fact__in=(USED, UNAPPLIED),
        reversed_by__isnull=True,
    ).order_by("-id")
    causes = [(each, f"{each.fact}.reversed:{each.cause.partition(':')[2]}") for each in (*later, posting)]
    written = [reverse(each, cause=cause, actor=actor, now=now) for each, cause in causes]
    paid = list(PaymentAllocation.objects.filter(payment=payment).values_list("invoice_id", flat=True))
    PaymentAllocation.objects.filter(payment=payment).delete()
    follow(list(Invoice.objects.select_for_update().filter(pk__in=paid).order_by("pk")), actor=actor, now=now)
    return sum(each is not None for each in written)


def post_fees(pairs: Iterable[tuple[Payment, AttemptFact]], *, actor: Actor, now: datetime) -> None:
    """What the gateway took for a charge, once for each of its movements."""
    entries = [
        Entry(
            rules.gateway_fee(
                tried.fee_id or tried.gateway_id, amount=Money(tried.fee_minor, payment.currency)
            ),
            payment.customer_id,
            payment,
            tried.at,
        )
        for payment, tried in pairs
        if tried.fee_minor and tried.fee_minor > 0
    ]
    if entries:
        post_many(entries, actor=actor, now=now)
