"""What a refund may become and how much may be given back. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from billing.errors import Conflict, InvalidInput
from billing.history.machines import Machine, moves
from billing.money import MAX_MINOR, Money

MACHINE = Machine(
    "refund",
    moves("""
        draft → pending_approval | approved
        pending_approval → approved | rejected | withdrawn | expired
        approved → submitting | withdrawn
        submitting → pending | requires_action | succeeded | failed
        pending | requires_action → succeeded | failed | canceled
    """),
    moves("""
        succeeded → failed
        submitting → canceled
        pending → requires_action
        requires_action → pending
    """),
)

#: States in which a refund's amount is spoken for and cannot be refunded a second time.
HOLDS = frozenset({"pending_approval", "approved", "submitting", "pending", "requires_action", "succeeded"})
#: States from which nothing moves any more by our own decision.
SETTLED = frozenset({"succeeded", "failed", "rejected", "withdrawn", "expired", "canceled"})
#: States in which the amount is posted as on its way to the customer.
UNDER_WAY = frozenset({"approved", "submitting", "pending", "requires_action"})

REASONS = (
    "duplicate",
    "fraudulent",
    "requested_by_customer",
    "service_disruption",
    "goodwill",
    "error_correction",
    "other",
)
REASON_LABELS = {
    "duplicate": "Duplicate charge",
    "fraudulent": "Fraudulent",
    "requested_by_customer": "Requested by customer",
    "service_disruption": "Service disruption",
    "goodwill": "Goodwill",
    "error_correction": "Error correction",
    "other": "Other",
}
LONGEST_INTERNAL = 10_000
LONGEST_TO_CUSTOMER = 2_000

WHY_NOT = {
    "pending": "it has not come in yet. Wait until it has succeeded",
    "authorized": "it is authorized and not captured. Cancel the authorization at the gateway instead",
    "requires_action": "it waits for the customer and has not come in. There is nothing to give back",
    "failed": "it failed and no money came in. There is nothing to give back",
    "unknown": "nobody knows yet whether it came in. Wait for the gateway's answer",
    "canceled": "it was canceled and no money came in. There is nothing to give back",
    "reversed": "the gateway has already taken it back. There is nothing left to refund",
}


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What of a payment the rule looks at."""

    reference: str
    state: str
    currency: str
    gateway: str
    gateway_id: str


def refundable(captured: Money, held: Iterable[Money], withdrawn: Money) -> Money:
    """What of a payment may still be given back: captured, less refunds that hold an amount, less what
    disputes have withdrawn; never below zero, even where the gateway has given back more."""
    left = captured - Money.total(held, captured.currency) - withdrawn
    return left if left.is_positive else Money.zero(captured.currency)


def why_not(payment: PaymentFacts, left: Money, *, outside: bool = False) -> Conflict | None:
    """Why this payment takes no refund of any amount; None when it does. ``outside`` is paid from our bank,
    so that no gateway is needed."""
    if payment.state != "succeeded":
        because = WHY_NOT.get(payment.state, f"it is {payment.state}. Look at the payment first")
        return _closed("payment_not_refundable", f"{payment.reference} cannot be refunded: {because}.")
    if not outside and (not payment.gateway or not payment.gateway_id):
        return _closed(
            "payment_past_gateways",
            f"{payment.reference} did not come through a gateway, so none can give it back. "
            "Pay it back from the bank.",
        )
    if not left.is_positive:
        return _closed(
            "nothing_left", f"{payment.reference} has nothing left to refund. See its earlier refunds."
        )
    return None


def check_refund(
    amount: Money,
    *,
    left: Money,
    payment: PaymentFacts,
    reason: str,
    note_internal: str = "",
    note_to_customer: str = "",
    outside: bool = False,
) -> None:
    """Raises `InvalidInput` or `Conflict` when this may not be given back; ``left`` is `refundable`."""
    if refusal := why_not(payment, left, outside=outside):
        raise refusal
    if amount.currency != payment.currency:
        raise _bad(
            "amount",
            "amount_wrong_currency",
            f"Amount: the payment was in {payment.currency}, so the refund must be too. "
            f"Enter an amount in {payment.currency}.",
        )
    if amount.is_zero:
        raise _bad("amount", "amount_zero", "Amount: zero is no refund. Enter more than zero.")
    if amount.is_negative:
        raise _bad("amount", "amount_negative", "Amount: it cannot be below zero. Enter it without a minus.")
    if amount.minor > MAX_MINOR:
        most = Money(MAX_MINOR, amount.currency)
        raise _bad("amount", "amount_too_large", f"Amount: the desk takes up to {most} at a time.")
    if amount > left:
        raise _bad(
            "amount",
            "amount_above_refundable",
            f"Amount: {amount} is more than the {left} that can still be refunded. Enter {left} or less.",
            asked_minor=amount.minor,
            left_minor=left.minor,
        )
    check_words(reason, note_internal=note_internal, note_to_customer=note_to_customer)


def check_words(reason: str, *, note_internal: str = "", note_to_customer: str = "") -> None:
    """Raises `InvalidInput` for a reason that is none, or notes that are missing or too long."""
    if reason not in REASONS:
        raise _bad("reason", "reason_unknown", "Reason: choose one from the list.")
    if reason == "other" and not note_internal.strip():
        raise _bad(
            "note_internal", "note_required", 'Note for us: with the reason "Other", say here what it is.'
        )
    for field, label, note, longest in (
        ("note_internal", "Note for us", note_internal, LONGEST_INTERNAL),
        ("note_to_customer", "Note to the customer", note_to_customer, LONGEST_TO_CUSTOMER),
    ):
        if len(note) > longest:
            raise _bad(
                field, "note_too_long", f"{label}: {len(note):,} characters are too many. Use {longest:,}."
            )


def drawn_from_balance(amount: Money, *, captured: Money, allocated: Money, drawn: Money) -> Money:
    """The part of a refund that is the customer's already: what of the payment paid no invoice, less what
    other refunds of it have drawn. The rest is granted by us."""
    free = captured - allocated - drawn
    if not free.is_positive:
        return Money.zero(amount.currency)
    return min(amount, free, key=lambda money: money.minor)


_FURTHER = {"pending": 1, "requires_action": 1, "succeeded": 2, "failed": 3, "canceled": 3}


def is_news(*, state: str, as_of: datetime | None, reported: str, reported_as_of: datetime) -> bool:
    """Whether a gateway's report says more than what is stored: it is about a later moment, or about the
    same second and further along. An older report never overwrites a newer one."""
    if as_of is None or reported_as_of > as_of:
        return True
    return reported_as_of == as_of and _FURTHER[reported] > _FURTHER.get(state, 0)


def _bad(field: str, code: str, sentence: str, **facts: object) -> InvalidInput:
    return InvalidInput(code, sentence, field=field, facts=facts)


def _closed(code: str, sentence: str) -> Conflict:
    return Conflict(code, sentence)
