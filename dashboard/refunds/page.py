"""What a refund's page and its peek say."""

from typing import Any

from django.utils import timezone

from billing.approvals.models import Approval
from billing.history.queries import timeline_of
from billing.ledger.models import Posting
from billing.money import Money
from billing.payments.queries import gateway_name, method_words
from billing.refunds import rules
from billing.refunds.failures import explain_failure
from billing.refunds.models import Refund
from billing.refunds.telling import kind_for
from dashboard.access import may
from dashboard.actions.offers import offer
from dashboard.actions.related import booked, link, list_link
from dashboard.actions.timeline import moments
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Effect, Fact, Moment, Notice
from dashboard.queues.offers import work_actions, work_notices
from dashboard.refunds.tables import address, is_unseen, state_to_show
from dashboard.staff.actors import actor_of

__all__ = ["actions", "coming", "context", "pairs", "state_to_show", "story", "words"]

#: How often a page of a refund in this state asks for news.
POLLED = {"approved": "2s", "submitting": "2s", "pending": "15s"}


def context(refund: Refund, user: Any) -> dict[str, Any]:
    """Everything the page shows; the number of queries does not depend on how much there is."""
    payment = refund.payment
    return {
        "refund": refund,
        "amount": Money(refund.amount_minor, refund.currency),
        "shown_state": state_to_show(refund),
        "name": name_of(refund.customer),
        "customer_url": link("customers:show", refund.customer.reference, user, "customers.view"),
        "facts": facts(refund),
        "actions": actions(refund, user),
        "notices": [*notices(refund), *work_notices("refund", refund.pk)],
        "words": words(refund),
        "coming": coming(refund),
        "poll": POLLED.get(refund.state, ""),
        "payment": payment,
        "payment_url": link("payments:show", payment.reference, user, "payments.view"),
        "allocations": [
            (each, link("invoices:show", each.invoice.reference))
            for each in payment.allocations.select_related("invoice").order_by("pk")[:10]
        ],
        "others": [
            (other, address(other)) for other in payment.refunds.exclude(pk=refund.pk).order_by("-pk")[:10]
        ],
        "others_url": list_link("refunds:index", customer=refund.customer.reference),
        "postings": booked(Posting.objects.filter(subject_kind="refund", subject_id=refund.pk)),
        "ledger_of": "debits and credits of this refund",
        "entries": story(refund),
    }


def facts(refund: Refund) -> list[Fact]:
    rows = [
        Fact("Reason", refund.get_reason_display()),
        Fact("Back to", method_words(refund.payment)),
        Fact("Through", gateway_name(refund.gateway)),
        Fact("Asked by", refund.asked_by_name, note="at the gateway" if refund.origin == "gateway" else ""),
        Fact("Asked", refund.created_at),
    ]
    if refund.succeeded_at:
        rows.append(Fact("Succeeded", refund.succeeded_at))
    if refund.failed_at:
        rows.append(Fact("Failed", refund.failed_at))
    return rows


def pairs(refund: Refund, user: Any) -> list[Fact]:
    payment = refund.payment
    paid = Money(payment.amount_minor, payment.currency)
    return [
        Fact(
            "Customer",
            name_of(refund.customer)[0],
            url=link("customers:show", refund.customer.reference, user, "customers.view"),
        ),
        Fact("Payment", paid, url=link("payments:show", payment.reference, user, "payments.view")),
        Fact("Method", method_words(payment), note=f"through {gateway_name(payment.gateway)}"),
        Fact("Reason", refund.get_reason_display()),
        Fact("Asked by", refund.asked_by_name),
        Fact("Asked", refund.created_at),
    ]


def actions(refund: Refund, user: Any) -> list[Action]:
    """What this person may do with the refund now."""
    offered: list[Action] = []
    to_see = is_unseen(refund) or (refund.state == "failed" and refund.seen_at is None)
    if to_see:
        # Whoever refunds may also tick off a failure of the desk's own; what a gateway did, finance sees.
        permission = "refunds.see_external" if refund.origin == "gateway" else "refunds.issue"
        offered += offer(
            user,
            "Mark as seen…",
            "refunds:seen",
            [refund.reference],
            permission=permission,
            icon="eye",
            kind="primary" if may(user, permission) else "",
        )
    if refund.state in ("failed", "rejected", "withdrawn", "expired", "canceled"):
        offered += offer(
            user,
            "Refund again…",
            "refunds:new",
            [refund.payment.reference],
            permission="refunds.issue",
            icon="receipt-refund",
        )
    elif refund.state == "pending_approval":
        waiting = Approval.objects.filter(
            target_kind="refund", target_id=refund.pk, state="requested"
        ).first()
        if waiting is not None:
            offered += offer(
                user,
                "Open the request",
                "approvals:show",
                [waiting.reference],
                permission="approvals.view",
                icon="shield-check",
                kind="primary",
                method="page",
            )
            mine = waiting.asked_by_ref == actor_of(user).ref
            offered += offer(
                user,
                "Withdraw…",
                "refunds:withdraw",
                [refund.reference],
                permission="refunds.issue",
                refusal="" if mine else f"{waiting.asked_by_name} asked for it; only they can withdraw it.",
                icon="arrow-back-up",
            )
    elif refund.state not in rules.SETTLED:
        sent = "" if refund.state in ("approved", "draft") else "It is on its way already."
        offered += offer(
            user,
            "Withdraw…",
            "refunds:withdraw",
            [refund.reference],
            permission="refunds.issue",
            refusal=sent,
            icon="arrow-back-up",
            kind="danger" if not sent else "",
        )
    if kind_for(refund):
        offered += offer(
            user,
            "Write to the customer…",
            "messages:about_refund",
            [refund.reference],
            permission="refunds.issue",
            icon="mail",
            kind="quiet",
        )
    return [*offered, *work_actions(user, "refund", refund.reference)]


def notices(refund: Refund) -> list[Notice]:
    """The sentence that changes what one does, where the state needs one."""
    through = gateway_name(refund.gateway)
    said: list[Notice] = []
    if refund.state == "pending_approval":
        said.append(
            Notice(
                "A second person decides about this refund",
                "Its amount is held meanwhile, and nothing has been sent.",
                "wait",
                "shield-check",
            )
        )
    if is_unseen(refund):
        said.append(
            Notice(
                f"This refund was made at {through}, not at this desk",
                "The books have it. Somebody should know why it was made, and say so by marking it as seen.",
                "look",
            )
        )
    if refund.state == "requires_action":
        said.append(
            Notice(
                "The customer has to give the gateway their bank details",
                f"{through} has written to them. The money waits until they answer.",
                "wait",
            )
        )
    if refund.state == "failed":
        said.append(
            Notice(
                "The money did not arrive, and the amount is free to be refunded again",
                "" if words(refund) else "The gateway gave no reason.",
                "bad" if not words(refund) else "idle",
            )
        )
    if refund.state == "submitting" and refund.attempts > 1:
        said.append(
            Notice(
                f"{through} has not answered after {refund.attempts} attempts",
                "It is asked again with the same key, so that the money goes back once at most.",
                "wait",
            )
        )
    return said


def words(refund: Refund) -> tuple[str, str, Any] | None:
    """The gateway's code and message, and what they mean."""
    if not (refund.failure_code or refund.gateway_message):
        return None
    return refund.failure_code, refund.gateway_message, explain_failure(refund.failure_code)


def coming(refund: Refund) -> list[Effect]:
    """What will happen next, if anything does."""
    amount = Money(refund.amount_minor, refund.currency)
    to = method_words(refund.payment)
    through = gateway_name(refund.gateway)
    return {
        "pending_approval": [Effect("A second person decides", "Nothing moves until then.", "shield-check")],
        "approved": [Effect(f"{amount} is sent to {through}", "Within seconds.", "send")],
        "submitting": [Effect(f"{through} answers", "It is asked with the same key until then.", "loader")],
        "pending": [Effect(f"{amount} arrives on {to}", "5 to 10 days, by the bank.", "arrow-back-up")],
        "requires_action": [
            Effect("The customer answers the gateway", "Then the money goes.", "user-exclamation")
        ],
    }.get(refund.state, [])


def story(refund: Refund) -> list[Moment]:
    """What happened to the refund, newest first."""
    told = moments(timeline_of(refund))
    return told or [Moment("First seen", refund.created_at or timezone.now(), "circle-plus")]
