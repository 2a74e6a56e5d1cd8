"""What a payment's page and its peek say: facts, refundable and why, the gateway's words, related rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.history.queries import timeline_of
from billing.ledger.models import Posting
from billing.money import Money
from billing.payments.declines import Decline, explain
from billing.payments.models import Payment
from billing.payments.owed import BY_HAND
from billing.payments.queries import gateway_name, method_words
from billing.refunds.queries import Refundable, refundable_of
from dashboard.actions.offers import offer
from dashboard.actions.related import Booked, Side, booked, link, list_link
from dashboard.actions.timeline import Said, moments, register
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Fact, Moment, Notice
from dashboard.queues.offers import work_actions, work_notices

MOST = 10


register("payment", BY_HAND, lambda entry: Said("Applied to invoices by hand", "file-invoice"))
register("payment", "looked_up", lambda entry: Said("Looked up at the gateway", "search"))
register("payment", "made_here", lambda entry: Said("Known again as a charge of ours", "link"))
register("invoice", "charge_failed", lambda entry: Said(failed_words(entry.facts), "credit-card-off"))
register("invoice", "not_charged", lambda entry: Said("Could not be charged", "credit-card-off"))
register("invoice", "charge_again", lambda entry: Said("Due to be charged again", "refresh"))
register("invoice", "link_made", lambda entry: Said("A payment link was made", "link"))
register("invoice", "link_revoked", lambda entry: Said("A payment link was revoked", "ban"))
register("invoice", "link_used", lambda entry: Said("Somebody began to pay by a link", "link"))


def failed_words(facts: Mapping[str, Any]) -> str:
    """What an invoice's story says of a charge that failed."""
    again = facts.get("again_at", "")
    on = f"; again on {datetime.fromisoformat(again):%-d %B}" if again else "; not tried again by itself"
    meaning = explain(str(facts.get("code", "")))
    return f"Could not be charged: {meaning.says[:-1].lower() if meaning else 'declined'}{on}"


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
        "actions": [
            *actions(payment, refundable, user),
            *work_actions(user, "payment", payment.reference),
        ],
        "notices": [*notices(payment), *work_notices("payment", payment.pk)],
        "words": words(payment),
        "refundable": refundable,
        "parts": [(part, link("refunds:show", part.reference)) for part in refundable.parts],
        "attempts": [(attempt, explain(attempt.code)) for attempt in attempts],
        "refunds": [(refund, link("refunds:show", refund.reference)) for refund in refunds[:MOST]],
        "all_refunds": list_link("refunds:index", customer=payment.customer.reference)
        if len(refunds) > MOST
        else "",
        "disputes": [(dispute, link("disputes:show", dispute.reference)) for dispute in disputes],
        "allocations": [
            (allocation, link("invoices:show", allocation.invoice.reference))
            for allocation in payment.allocations.select_related("invoice").order_by("created_at", "pk")[
                :MOST
            ]
        ],
        "ledger_of": "debits and credits of this payment and its refunds",
        "postings": postings(payment, [refund.pk for refund in refunds]),
        "entries": story(payment, [*refunds, *disputes]),
        "customer_url": link("customers:show", payment.customer.reference, user, "customers.view"),
        "customer_payments_url": list_link("payments:index", customer=payment.customer.reference),
        "name": name_of(payment.customer),
    }


def facts(payment: Payment, refundable: Refundable) -> list[Fact]:
    fee = None if payment.fee_minor is None else Money(payment.fee_minor, payment.currency)
    rows = [
        Fact("Method", method_words(payment)),
        Fact("Gateway", gateway_name(payment.gateway)),
        Fact("Created", payment.created_at),
    ]
    if payment.invoice is not None:
        rows.append(Fact("For", payment.invoice.label, url=link("invoices:show", payment.invoice.reference)))
    if payment.looked_up_at and not payment.succeeded_at:
        rows.append(Fact("Last looked up", payment.looked_up_at))
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
    refund = offer(
        user,
        "Refund…",
        "refunds:new",
        [payment.reference],
        permission="refunds.issue",
        refusal=refusal,
        icon="receipt-refund",
        kind="primary" if not refusal else "",
    )
    apply = offer(
        user,
        "Apply to invoices…",
        "payments:allocate",
        [payment.reference],
        permission="payments.allocate",
        refusal="" if payment.state == "succeeded" else "It has not come in, so it pays nothing.",
        icon="file-invoice",
    )
    look = (
        offer(
            user,
            "Look up now…",
            "payments:look_up",
            [payment.reference],
            permission="payments.charge",
            icon="search",
            kind="primary" if payment.state == "unknown" else "",
        )
        if payment.is_live or payment.state == "unknown"
        else []
    )
    return [*look, *refund, *apply]


def notices(payment: Payment) -> list[Notice]:
    """The sentence that changes what one does, where the state needs one."""
    through = gateway_name(payment.gateway)
    if payment.state == "unknown":
        return [
            Notice(
                "Nobody knows yet whether this payment went through",
                f"{through} did not answer. It is asked again by itself, and the invoice is not charged "
                "before it has told what became of this."
                if payment.is_live
                else f"{through} did not answer. Do not charge again before it has told what became of it.",
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


def postings(payment: Payment, refund_ids: list[int]) -> list[tuple[Booked, list[Side]]]:
    """What the ledger holds about the payment and its refunds, oldest first, with the lines."""
    about = Posting.objects.filter(subject_kind="payment", subject_id=payment.pk)
    if refund_ids:
        about = about | Posting.objects.filter(subject_kind="refund", subject_id__in=refund_ids)
    return booked(about, 2 * MOST)


def story(payment: Payment, related: list[Any]) -> list[Moment]:
    """What happened to the payment, its refunds and its disputes, newest first."""
    told = moments(timeline_of(payment, also=related))
    if told:
        return told
    return [Moment(f"First seen as {payment.get_state_display().lower()}", payment.created_at, "circle-plus")]
