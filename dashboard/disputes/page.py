"""What a dispute's page and its peek say: what is at stake, until when to answer, and what can be done."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from billing.disputes.answering import excess_of
from billing.disputes.evidence import ANSWERABLE, PREPARED, TAKEN_OUT, prepared
from billing.disputes.models import Dispute
from billing.disputes.queries import is_pressing
from billing.history.queries import timeline_of
from billing.ledger.models import Posting
from billing.money import Money
from billing.payments.queries import gateway_name, method_words
from billing.refunds.queries import refundable_of
from dashboard.access import may
from dashboard.actions.offers import offer
from dashboard.actions.related import booked, link, list_link
from dashboard.actions.timeline import Said, moments, register
from dashboard.disputes.words import reason_of, reason_words
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Fact, Moment, Notice
from dashboard.parts.formatting import full_moment
from dashboard.queues.offers import work_actions, work_notices

MOST = 10
OPEN = ("warning", "needs_response", "under_review")
register("dispute", PREPARED, lambda entry: Said("Evidence prepared", "circle-check"))
register("dispute", TAKEN_OUT, lambda entry: Said("Evidence packet downloaded", "download"))
register(
    "dispute",
    "taken_twice",
    lambda entry: Said(
        f"{Money(entry.amount_minor or 0, entry.currency)} taken beyond what was paid: refunded and disputed",
        "alert-triangle-filled",
        "bad",
    ),
)


def context(dispute: Dispute, user: Any) -> dict[str, Any]:
    """Everything the page shows; as many queries for one refund as for many."""
    payment = dispute.payment
    refunds = list(payment.refunds.order_by("-created_at", "-pk")[:MOST])
    others = list(payment.disputes.exclude(pk=dispute.pk).order_by("-created_at")[:MOST])
    refundable = refundable_of(payment)
    customer = dispute.customer
    return {
        "dispute": dispute,
        "name": name_of(customer),
        "customer_url": link("customers:show", customer.reference, user, "customers.view"),
        "facts": facts(dispute),
        "actions": actions(dispute, user),
        "notices": [
            *notices(dispute, user),
            *sums(dispute),
            *ready(dispute),
            *work_notices("dispute", dispute.pk),
        ],
        "reason": reason_of(dispute),
        "reason_words": reason_words(dispute),
        "payment": payment,
        "payment_url": link("payments:show", payment.reference, user, "payments.view"),
        "method": method_words(payment),
        "refundable": refundable,
        "refunds": [
            (refund, link("refunds:show", refund.reference, user, "refunds.view")) for refund in refunds
        ],
        "refunds_url": list_link("refunds:index", customer=customer.reference),
        "others": [(other, link("disputes:show", other.reference)) for other in others],
        "others_url": list_link("disputes:index", customer=customer.reference),
        "postings": booked(Posting.objects.filter(subject_kind="dispute", subject_id=dispute.pk)),
        "ledger_of": "what was withdrawn, given back or lost, with the gateway's fee",
        "entries": story(dispute, refunds),
    }


def facts(dispute: Dispute) -> list[Fact]:
    now = timezone.now()
    rows = [
        Fact("Withdrawn", Money(dispute.withdrawn_minor, dispute.currency), url="#ledger"),
        Fact("Reason", reason_words(dispute)),
    ]
    if dispute.evidence_due_at:
        left = time_left(dispute.evidence_due_at, now) if dispute.state in OPEN else ""
        rows.append(Fact("Answer by", dispute.evidence_due_at, note=left))
    elif dispute.state == "needs_response":
        rows.append(Fact("Answer by", None, why=f"{gateway_name(dispute.gateway)} has not told a day."))
    return [*rows, Fact("Gateway", gateway_name(dispute.gateway)), Fact("Opened", dispute.created_at)]


def actions(dispute: Dispute, user: Any) -> list[Action]:
    """A warning may be settled by a refund; what was withdrawn already cannot be given back twice."""
    offered: list[Action] = []
    if dispute.state == "warning":
        refusal = refundable_of(dispute.payment).refusal
        offered += offer(
            user,
            "Refund…",
            "refunds:new",
            [dispute.payment.reference],
            permission="refunds.issue",
            refusal=refusal.sentence if refusal else "",
            icon="receipt-refund",
            kind="" if refusal or not may(user, "refunds.issue") else "primary",
        )
    offered += offer(
        user,
        "Evidence packet",
        "disputes:evidence",
        [dispute.reference],
        permission="disputes.answer",
        icon="download",
        method="page",
    )
    if dispute.state in ANSWERABLE:
        offered += offer(
            user,
            "Evidence prepared…",
            "disputes:prepared",
            [dispute.reference],
            permission="disputes.answer",
            icon="check",
        )
    if dispute.state in OPEN:
        offered += work_actions(user, "dispute", dispute.reference)
    return offered


def notices(dispute: Dispute, user: Any) -> list[Notice]:
    """The sentence that changes what one does, where the state needs one."""
    through = gateway_name(dispute.gateway)
    now = timezone.now()
    if dispute.state == "needs_response":
        where = f"Evidence is sent in {through}'s own dashboard; the outcome comes back here by itself."
        tone = "bad" if is_pressing(dispute, now) else "wait"
        return [Notice(_deadline(dispute.evidence_due_at, now), where, tone, "hourglass")]
    if dispute.state == "warning":
        return [
            Notice(
                "The bank asks before it takes the money back",
                "Nothing has been withdrawn. A refund now settles it without a chargeback and its fee; "
                "an answer that explains the payment may, too.",
                "wait",
                "alert-triangle-filled",
            )
        ]
    if dispute.state == "under_review":
        return [Notice("The bank decides", "Our answer was sent; there is nothing to do until then.", "move")]
    if dispute.state == "lost" and dispute.withdrawn_minor:
        return [Notice("The bank decided for the cardholder, and the money is gone", "", "bad")]
    return []


def sums(dispute: Dispute) -> list[Notice]:
    """That the money went twice, or may: dispute and refunds are one sum."""
    excess = excess_of(dispute.payment)
    if excess.minor and dispute.withdrawn_minor:
        return [
            Notice(
                f"{excess} more has gone back than was ever paid",
                "A refund was at the gateway when it withdrew the money. Answer that it was refunded, "
                "with the refund's number at the gateway.",
                "bad",
            )
        ]
    return []


def ready(dispute: Dispute) -> list[Notice]:
    """That somebody has prepared the evidence, with what they wrote."""
    noted = prepared(dispute) if dispute.state in ANSWERABLE else None
    if noted is None:
        return []
    who = f"Evidence prepared by {noted.actor_name} on {full_moment(noted.at)}"
    return [Notice(who, noted.reason, "ok", "circle-check")]


def _deadline(due: datetime | None, now: datetime) -> str:
    if due is None:
        return "This dispute needs an answer, and no day for it is told"
    if due <= now:
        return f"The time to answer ended on {full_moment(due)}"
    return f"Answer by {full_moment(due)}: {time_left(due, now)}"


def time_left(due: datetime, now: datetime) -> str:
    """9 days left · 30 hours left · 1 hour left · 12 minutes left · over."""
    if due <= now:
        return "over"
    left = due - now
    for unit, length, least in (("day", timedelta(days=1), 3), ("hour", timedelta(hours=1), 1)):
        if left >= least * length:
            count = left // length
            return f"{count} {unit}{'' if count == 1 else 's'} left"
    return f"{left // timedelta(minutes=1)} minutes left"


def story(dispute: Dispute, refunds: list[Any]) -> list[Moment]:
    """What happened to the dispute and to the refunds of its payment, newest first."""
    told = moments(timeline_of(dispute, also=refunds))
    return told or [Moment("First seen", dispute.created_at, "circle-plus")]


def peek_context(dispute: Dispute, user: Any) -> dict[str, Any]:
    """What stands at the side of the list about one dispute."""
    customer, payment = dispute.customer, dispute.payment
    pairs = [
        Fact(
            "Customer",
            name_of(customer)[0],
            url=link("customers:show", customer.reference, user, "customers.view"),
        ),
        Fact(
            "Payment",
            Money(payment.amount_minor, payment.currency),
            url=link("payments:show", payment.reference, user, "payments.view"),
            note=method_words(payment),
        ),
        *facts(dispute),
    ]
    return {
        "dispute": dispute,
        "pairs": [each for each in pairs if each.label != "Gateway"],
        "notices": notices(dispute, user),
        "entries": story(dispute, [])[:6],
        "peek_actions": [each for each in actions(dispute, user) if each.kind != "quiet"],
    }
