"""What a request's page says: everything that is needed to decide, in one place."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from billing.approvals.actions import action_named
from billing.approvals.models import Approval
from billing.approvals.rules import Amount, measured
from billing.history.queries import timeline_of
from billing.money import Money
from billing.payments.queries import method_words
from billing.refunds.models import Refund
from billing.refunds.queries import refundable_of
from dashboard.access import may
from dashboard.actions.offers import offer
from dashboard.actions.related import link, list_link
from dashboard.actions.timeline import moments
from dashboard.approvals.credits import CREDIT_ACTIONS, about_credits, effects_of_credits
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Effect, Fact, Notice
from dashboard.parts.formatting import relative
from dashboard.staff.actors import actor_of

MOST = 10


def amount_of(approval: Approval) -> Amount:
    return measured(approval.amount_minor, approval.currency)


def context(approval: Approval, user: Any) -> dict[str, Any]:
    """As many queries whatever the customer's past holds."""
    amount = amount_of(approval)
    customer = approval.customer
    refund = refund_of(approval)
    return {
        "approval": approval,
        "amount": amount if isinstance(amount, Money) else None,
        "amount_words": str(amount),
        "action": action_named(approval.action),
        "name": name_of(customer) if customer else ("", ""),
        "customer_url": link("customers:show", customer.reference, user, "customers.view")
        if customer
        else "",
        "facts": facts(approval, user),
        "actions": actions(approval, user),
        "notices": notices(approval, user),
        "will": effects(approval, refund) if approval.state == "requested" else [],
        "entries": moments(timeline_of(approval, also=[refund] if refund else [])),
        "refund": refund,
        **(_about_refund(refund, user) if refund else {}),
        **(about_credits(approval, user) if approval.action in CREDIT_ACTIONS else {}),
        **({"run_url": link("runs:show", str(approval.target_id))} if approval.target_kind == "run" else {}),
    }


def refund_of(approval: Approval) -> Refund | None:
    if approval.target_kind != "refund":
        return None
    return Refund.objects.select_related("payment", "customer__identity").get(pk=approval.target_id)


def _about_refund(refund: Refund, user: Any) -> dict[str, Any]:
    """The payment, what is left of it, and what this customer was given back before."""
    payment = refund.payment
    others = Refund.objects.filter(customer_id=refund.customer_id).exclude(pk=refund.pk)
    return {
        "payment": payment,
        "payment_url": link("payments:show", payment.reference, user, "payments.view"),
        "refund_url": link("refunds:show", refund.reference, user, "refunds.view"),
        "method": method_words(payment),
        "refundable": refundable_of(payment),
        "others": [
            (other, link("refunds:show", other.reference, user, "refunds.view"))
            for other in others.order_by("-created_at", "-pk")[:MOST]
        ],
        "others_url": list_link("refunds:index", customer=refund.customer.reference),
    }


def facts(approval: Approval, user: Any) -> list[Fact]:
    rows = [
        Fact("Action", action_named(approval.action).label),
        Fact("Asked by", approval.asked_by_name),
        Fact("Asked", approval.asked_at),
    ]
    if approval.decided_at:
        rows += [Fact("Decided by", approval.decided_by_name), Fact("Decided", approval.decided_at)]
    elif approval.state == "requested":
        rows.append(Fact("Expires", approval.expires_at, note=relative(approval.expires_at, timezone.now())))
    return rows


def actions(approval: Approval, user: Any) -> list[Action]:
    """Yes and no for whoever may decide and did not ask; the way back for whoever did."""
    if approval.state != "requested":
        return []
    permission = action_named(approval.action).permission
    mine = approval.asked_by_ref == actor_of(user).ref
    refusal = "You asked for this, so somebody else must decide." if mine else ""
    can = may(user, permission) and not mine
    words = str(amount_of(approval))
    offered = offer(
        user,
        f"Approve {words}…",
        "approvals:approve",
        [approval.reference],
        permission=permission,
        refusal=refusal,
        icon="check",
        kind="primary" if can else "",
    )
    offered += offer(
        user,
        "Reject…",
        "approvals:reject",
        [approval.reference],
        permission=permission,
        refusal=refusal,
        icon="x",
        kind="danger" if can else "",
    )
    if mine:
        offered += offer(
            user,
            "Withdraw…",
            "approvals:withdraw",
            [approval.reference],
            permission="approvals.view",
            icon="arrow-back-up",
        )
    return offered


def notices(approval: Approval, user: Any) -> list[Notice]:
    if approval.state == "requested" and approval.expires_at <= timezone.now():
        return [Notice("It has run out of time", "Nobody can decide it any more. Ask again.", "wait")]
    if approval.state == "failed":
        return [Notice("It was approved and could not be done", approval.failure, "bad")]
    if approval.state == "rejected":
        return [Notice(f"{approval.decided_by_name} said no", approval.decision_reason, "idle")]
    if approval.state == "executed":
        return [Notice(f"{approval.decided_by_name} said yes", approval.result, "ok", "circle-check-filled")]
    return []


def effects(approval: Approval, refund: Refund | None) -> list[Effect | Notice]:
    """What a yes does."""
    words = str(amount_of(approval))
    if approval.action in CREDIT_ACTIONS:
        return effects_of_credits(approval)
    if refund is not None:
        return [
            Effect(
                f"{words} goes back to {method_words(refund.payment)}",
                "Sent within seconds; 5 to 10 days by the bank.",
                "arrow-back-up",
            ),
            Effect("The books show it as on its way", "Posted as refunds in transit.", "scale"),
            Effect("Your name stands beside it", "In the refund's history, with your note.", "shield-check"),
        ]
    return [
        Effect(
            f"{action_named(approval.action).label}: {words} for {approval.target_label}",
            "Done at once, by the same service as without approval.",
            "check",
        ),
        Effect("Your name stands beside it", "In the history, with your note.", "shield-check"),
    ]


def peek_context(approval: Approval, user: Any) -> dict[str, Any]:
    """What stands at the side of the list about one request."""
    amount = amount_of(approval)
    pairs = [
        Fact("For", approval.target_label, url=target_url(approval, user)),
        Fact("Because", approval.rule),
        *facts(approval, user),
    ]
    return {
        "approval": approval,
        "amount": amount if isinstance(amount, Money) else None,
        "amount_words": str(amount),
        "pairs": pairs,
        "entries": moments(timeline_of(approval))[:6],
        "peek_actions": actions(approval, user),
    }


def target_url(approval: Approval, user: Any) -> str:
    if approval.target_kind == "refund" and may(user, "refunds.view"):
        return reverse("refunds:show", args=[approval.target_label])
    if approval.target_kind == "customer" and may(user, "customers.view"):
        return reverse("customers:show", args=[approval.target_label])
    return ""
