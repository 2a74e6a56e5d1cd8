"""Reading refunds: what may still be given back and why, and what waits for a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum

from billing.disputes.models import Dispute
from billing.errors import Conflict
from billing.money import Money
from billing.payments.models import Payment
from billing.refunds import rules
from billing.refunds.caps import kept_by_notes, kept_of_many
from billing.refunds.models import Refund, RefundState

#: After this a refund that is still being submitted deserves a look.
LONG = timedelta(minutes=30)
#: For how long a failed refund stands in the queue of what needs a person.
RECENT = timedelta(days=14)
OPEN = frozenset(RefundState.values) - rules.SETTLED


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that lowers what may be refunded: a sentence, and the reference and kind of its row."""

    because: str
    amount: Money
    kind: str
    reference: str
    row_id: int


@dataclass(frozen=True, slots=True)
class Refundable:
    """``left`` = ``captured`` less the parts, never below zero. ``refusal`` says why the payment takes no
    refund at all; None when it does."""

    captured: Money
    parts: tuple[Part, ...]
    left: Money
    refusal: Conflict | None

    @property
    def held(self) -> Money:
        return Money.total((part.amount for part in self.parts if part.kind == "refund"), self.left.currency)

    @property
    def is_open(self) -> bool:
        return self.refusal is None


def payment_facts(payment: Payment) -> rules.PaymentFacts:
    return rules.PaymentFacts(
        payment.reference, payment.state, payment.currency, payment.gateway, payment.gateway_id
    )


def refundable_of(payment: Payment, *, with_note: bool = False) -> Refundable:
    """What of this payment may be given back, and what stands in the way. Three queries.

    ``with_note`` is for a refund that a credit note of its own goes with: then the invoice's cap stands
    beside this one, and what other notes gave the customer is counted there.
    True for sure only while the payment is locked; a screen may be overtaken by somebody else's refund.
    """
    currency = payment.currency
    refunds = Refund.objects.filter(payment_id=payment.pk, state__in=rules.HOLDS).order_by("created_at", "id")
    parts = [
        Part(
            f"Refund {refund.reference} is {RefundState(refund.state).label.lower()}",
            Money(refund.amount_minor, currency),
            "refund",
            refund.reference,
            refund.pk,
        )
        for refund in refunds
    ]
    disputes = Dispute.objects.filter(payment_id=payment.pk, withdrawn_minor__gt=0).order_by("created_at")
    parts += [
        Part(
            f"Dispute {dispute.reference} has withdrawn it",
            Money(dispute.withdrawn_minor, currency),
            "dispute",
            dispute.reference,
            dispute.pk,
        )
        for dispute in disputes
    ]
    if not with_note:
        parts += [
            Part(f"Credit note {kept.note.label} made it the customer's", kept.amount, "credit_note",
                 kept.note.reference, kept.note.pk)
            for kept in kept_by_notes(payment)
        ]  # fmt: skip
    captured = Money(payment.captured_minor, currency)
    left = rules.refundable(
        captured,
        (p.amount for p in parts if p.kind == "refund"),
        Money.total((p.amount for p in parts if p.kind != "refund"), currency),
    )
    return Refundable(captured, tuple(parts), left, rules.why_not(payment_facts(payment), left))


def balance_part(payment: Payment, amount: Money) -> Money:
    """What of a refund of ``amount`` draws on the part of the payment that paid no invoice."""
    # What a credit note put there for its own refund was never the payment's.
    drawn = Refund.objects.filter(
        payment_id=payment.pk, state__in=rules.HOLDS, invoice=None, credit_note=None
    )
    return rules.drawn_from_balance(
        amount,
        captured=Money(payment.captured_minor, payment.currency),
        allocated=_sum(payment.allocations.all(), "amount_minor", payment.currency),
        drawn=_sum(drawn, "from_balance_minor", payment.currency),
    )


def _sum(rows: QuerySet, column: str, currency: str) -> Money:
    return Money(rows.aggregate(total=Sum(column))["total"] or 0, currency)


def list_rows() -> QuerySet[Refund]:
    """Refunds as lists show them, newest first, with their payment and customer."""
    return Refund.objects.select_related("payment", "customer__identity").order_by("-created_at", "-id")


def find(reference: str) -> Refund | None:
    """The refund of that reference, with what its page shows."""
    return list_rows().filter(reference=reference).first()


def external_unseen() -> Q:
    """Made at the gateway, and nobody here has seen it yet."""
    return Q(origin="gateway", seen_at=None)


def failed_recently(now: datetime) -> Q:
    """Failed in the last two weeks, and nobody has seen that yet."""
    return Q(state="failed", created_at__gte=now - RECENT, seen_at=None)


def under_way_too_long(now: datetime) -> Q:
    """Still being submitted half an hour after it was first sent."""
    return Q(state="submitting", submitted_at__lt=now - LONG)


def waits_for_customer() -> Q:
    return Q(state="requires_action")


#: What stands in the queue of what needs a person: key, label, and its condition at a moment.
NEEDS = (
    ("external", "Made at the gateway, unseen", lambda now: external_unseen()),
    ("failed", "Failed", failed_recently),
    ("stuck", "Submitting for long", under_way_too_long),
    ("customer", "Needs the customer", lambda now: waits_for_customer()),
)


def needing_a_person(now: datetime, need: str = "") -> QuerySet[Refund]:
    """The refunds of one need, or of all of them, newest first."""
    condition = Q()
    for key, _, when in NEEDS:
        if need in ("", key):
            condition |= when(now)
    if not condition:
        raise ValueError(f"no need is called {need!r}")
    return list_rows().filter(condition)


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many refunds there are in each state, and of each need (keys of `NEEDS`)."""

    states: dict[str, int]
    needs: dict[str, int]

    @property
    def needing_a_person(self) -> int:
        """One that has two needs counts twice: each is a thing to do."""
        return sum(self.needs.values())


def queue_counts(now: datetime, *, states: Iterable[str] = tuple(sorted(OPEN))) -> QueueCounts:
    """Counts for the queue's tabs; by default of the states that are not settled, which stay few."""
    found = Refund.objects.filter(state__in=list(states)).values_list("state").annotate(n=Count("id"))
    counted = dict(found)
    return QueueCounts(
        {state: counted.get(state, 0) for state in states},
        {key: Refund.objects.filter(when(now)).count() for key, _, when in NEEDS},
    )


def refundable_many(payments: Iterable[Payment]) -> dict[int, Refundable]:
    """`refundable_of` for several payments by their id, in four queries; without the parts' rows."""
    rows = list(payments)
    ids = [payment.pk for payment in rows]
    held = _by_payment(Refund.objects.filter(payment__in=ids, state__in=rules.HOLDS), "amount_minor")
    withdrawn = _by_payment(Dispute.objects.filter(payment__in=ids, withdrawn_minor__gt=0), "withdrawn_minor")
    kept = kept_of_many(ids)
    found = {}
    for payment in rows:
        gone = withdrawn.get(payment.pk, 0) + kept.get(payment.pk, 0)
        captured = Money(payment.captured_minor, payment.currency)
        left = rules.refundable(
            captured,
            [Money(held.get(payment.pk, 0), payment.currency)],
            Money(gone, payment.currency),
        )
        found[payment.pk] = Refundable(captured, (), left, rules.why_not(payment_facts(payment), left))
    return found


def _by_payment(rows: QuerySet, column: str) -> dict[int, int]:
    return dict(rows.order_by().values_list("payment_id").annotate(total=Sum(column)))
