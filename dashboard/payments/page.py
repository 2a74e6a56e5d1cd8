"""What a payment's page and its peek say: facts, refundable and why, the gateway's words, related rows."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import NoReverseMatch, reverse

from billing.history.queries import timeline_of
from billing.ledger.models import Posting, PostingLine
from billing.money import Money
from billing.payments.declines import Decline, explain
from billing.payments.models import Payment
from billing.payments.queries import gateway_name, method_words
from billing.refunds.queries import Refundable, refundable_of
from dashboard.access import may
from dashboard.actions.offers import offer
from dashboard.actions.timeline import moments
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Fact, Moment, Notice

MOST = 10


@dataclass(frozen=True, slots=True)
class Words:
    """What the gateway said about a failure, and what it means."""

    code: str
    message: str
    meaning: Decline | None


def page_context(payment: Payment, user: Any) -> dict[str, Any]:
    """Everything the page shows; as many queries for one attempt as for fifty."""
    refundable = refundable_of(payment)
    refunds = list(payment.refunds.order_by("-created_at", "-pk")[: MOST + 1])
    disputes = list(payment.disputes.order_by("-created_at")[:MOST])
    attempts = list(payment.attempts.order_by("-at", "-pk")[:MOST])
    return {
        "payment": payment,
        "facts": facts(payment, refundable),
        "actions": actions(payment, refundable, user),
        "notices": notices(payment),
        "words": words(payment),
        "refundable": refundable,
        "parts": [(part, link("refunds:show", part.reference)) for part in refundable.parts],
        "attempts": [(attempt, explain(attempt.code)) for attempt in attempts],
        "refunds": [(refund, link("refunds:show", refund.reference)) for refund in refunds[:MOST]],
        "all_refunds": all_of("refunds:index", payment) if len(refunds) > MOST else "",
        "disputes": [(dispute, link("disputes:show", dispute.reference)) for dispute in disputes],
        "allocations": [
            (allocation, link("invoices:show", allocation.invoice.reference))
            for allocation in payment.allocations.select_related("invoice").order_by("created_at", "pk")[
                :MOST
            ]
        ],
        "postings": postings(payment, [refund.pk for refund in refunds]),
        "entries": story(payment, [*refunds, *disputes]),
        "customer_url": customer_link(payment, user),
        "customer_payments_url": all_of("payments:index", payment),
        "name": name_of(payment.customer),
    }


def facts(payment: Payment, refundable: Refundable) -> list[Fact]:
    fee = None if payment.fee_minor is None else Money(payment.fee_minor, payment.currency)
    rows = [
        Fact("Method", method_words(payment)),
        Fact("Gateway", gateway_name(payment.gateway)),
        Fact("Created", payment.created_at),
    ]
    if payment.succeeded_at:
        rows += [
            Fact("Fee", fee, why=f"{gateway_name(payment.gateway)} has not told the fee yet."),
            Fact("Refunded or held", refundable.held),
            Fact("Refundable", refundable.left),
        ]
    return rows


def actions(payment: Payment, refundable: Refundable, user: Any) -> list[Action]:
    """What this person may do with the payment now."""
    refusal = refundable.refusal.sentence if refundable.refusal else ""
    return offer(
        user,
        "Refund…",
        "refunds:new",
        [payment.reference],
        permission="refunds.issue",
        refusal=refusal,
        icon="receipt-refund",
        kind="primary" if not refusal else "",
    )


def notices(payment: Payment) -> list[Notice]:
    """The sentence that changes what one does, where the state needs one."""
    through = gateway_name(payment.gateway)
    if payment.state == "unknown":
        return [
            Notice(
                "Nobody knows yet whether this payment went through",
                f"{through} did not answer. Do not charge again before it has told what became of it.",
                "look",
            )
        ]
    if payment.state == "requires_action":
        return [
            Notice(
                "The customer has to confirm this payment with their bank",
                "Nothing is charged until they do.",
                "wait",
            )
        ]
    if payment.state == "reversed":
        return [
            Notice("The gateway has taken this payment back", "What it paid is open again.", "bad"),
        ]
    return []


def words(payment: Payment) -> Words | None:
    """What the gateway said when it failed, with its meaning."""
    if not (payment.failure_code or payment.failure_message):
        return None
    return Words(payment.failure_code, payment.failure_message, explain(payment.failure_code))


@dataclass(frozen=True, slots=True)
class Booked:
    """One posting in words."""

    said: str
    cause: str
    effective_on: date


@dataclass(frozen=True, slots=True)
class Side:
    """One line of a posting: either debit or credit is there."""

    account: str
    debit: Money | None
    credit: Money | None


def postings(payment: Payment, refund_ids: list[int]) -> list[tuple[Booked, list[Side]]]:
    """What the ledger holds about the payment and its refunds, oldest first, with the lines."""
    about = Posting.objects.filter(subject_kind="payment", subject_id=payment.pk)
    if refund_ids:
        about = about | Posting.objects.filter(subject_kind="refund", subject_id__in=refund_ids)
    return [
        (
            Booked(
                posting.fact.replace(".", " ").replace("_", " ").capitalize(),
                posting.cause,
                posting.effective_on,
            ),
            [_side(line) for line in posting.lines.all()],
        )
        for posting in about.prefetch_related("lines").order_by("pk")[: 2 * MOST]
    ]


def _side(line: PostingLine) -> Side:
    amount = Money(abs(line.amount_minor), line.currency)
    account = line.account.replace("_", " ").capitalize()
    return Side(account, amount, None) if line.amount_minor > 0 else Side(account, None, amount)


def story(payment: Payment, related: list[Any]) -> list[Moment]:
    """What happened to the payment, its refunds and its disputes, newest first."""
    told = moments(timeline_of(payment, also=related))
    if told:
        return told
    return [Moment(f"First seen as {payment.get_state_display().lower()}", payment.created_at, "circle-plus")]


def link(target: str, reference: str) -> str:
    """Where a related object's page is; empty while no such screen is built."""
    try:
        return reverse(target, args=[reference])
    except NoReverseMatch:
        return ""


def all_of(target: str, payment: Payment) -> str:
    """The list of all such rows of the payment's customer."""
    try:
        return f"{reverse(target)}?view=all&customer={payment.customer.reference}"
    except NoReverseMatch:
        return ""


def customer_link(payment: Payment, user: Any) -> str:
    return link("customers:show", payment.customer.reference) if may(user, "customers.view") else ""
