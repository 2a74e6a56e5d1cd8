"""Customers, payments and refunds to begin a test with, and what the books say at its end."""

from collections import Counter
from datetime import UTC, datetime
from itertools import count

from django.db.models import QuerySet, Sum

from billing.gateways.models import SandboxObject
from billing.history.actors import person
from billing.history.models import HistoryEntry
from billing.ids import form_key, new_reference, new_short_reference
from billing.ledger.models import Posting, PostingLine
from billing.models import Customer, Payment, Refund
from billing.money import Money
from billing.refunds import rules
from billing.refunds.services import issue_refund, submit_refund

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
JUDE = person(12, "Jude Okafor")
INES = person(13, "Inês Carvalho")
_next = count(1)


def a_payment(minor: int = 10_000, *, card: str = "4242", currency: str = "EUR", **more: object) -> Payment:
    """A payment that has come in through the sandbox, which knows it by its test card."""
    number = next(_next)
    customer = more.pop("customer", None) or Customer.objects.create(
        reference=new_short_reference("CUS"), created_at=NOW
    )
    gateway_id = f"sbx_pay_{number:012d}"
    SandboxObject.objects.create(
        id=gateway_id,
        kind="payment",
        body={"amount_minor": minor, "currency": currency, "card": card},
        created_at=NOW,
    )
    columns = {
        "reference": new_reference("PAY", NOW.date()),
        "customer": customer,
        "state": "succeeded",
        "currency": currency,
        "amount_minor": minor,
        "captured_minor": minor,
        "gateway": "sandbox",
        "gateway_id": gateway_id,
        "card_last4": card,
        "created_at": NOW,
        "succeeded_at": NOW,
    } | more
    return Payment.objects.create(**columns)


def issue(payment: Payment, minor: int = 6_000, **changed: object) -> Refund:
    asked = {
        "payment_id": payment.pk,
        "amount": Money(minor, payment.currency),
        "reason": "requested_by_customer",
        "note_internal": "",
        "note_to_customer": "",
        "actor": JUDE,
        "form_key": form_key(),
        "now": NOW,
    } | changed
    return issue_refund(**asked)


def issue_and_submit(payment: Payment, minor: int = 6_000, *, now: datetime = NOW) -> Refund:
    return submit_refund(refund_id=issue(payment, minor).pk, now=now)


def states_of(refund: Refund) -> list[str]:
    """The states it went through, in order."""
    entries = HistoryEntry.objects.filter(subject_kind="refund", subject_id=refund.pk, kind="state")
    return list(entries.order_by("id").values_list("to_state", flat=True))


def entries_of(refund: Refund, kind: str) -> list[HistoryEntry]:
    entries = HistoryEntry.objects.filter(subject_kind="refund", subject_id=refund.pk, kind=kind)
    return list(entries.order_by("id"))


def balances(refund: Refund | None = None) -> dict[str, int]:
    """What stands on each account (of this refund, or of all), in minor units, without zeros."""
    lines = PostingLine.objects.all()
    if refund is not None:
        lines = lines.filter(posting__subject_kind="refund", posting__subject_id=refund.pk)
    sums = lines.values_list("account").annotate(total=Sum("amount_minor"))
    return {account: total for account, total in sums if total}


def at_the_sandbox(payment: Payment) -> list[SandboxObject]:
    """The refunds of a payment that the gateway itself has made."""
    return list(SandboxObject.objects.filter(kind="refund", parent_id=payment.gateway_id).order_by("id"))


def _total(rows: QuerySet, column: str = "amount_minor") -> int:
    return rows.aggregate(total=Sum(column))["total"] or 0


def assert_sound() -> None:
    """What must never be false of refunds, whatever has happened."""
    for payment in Payment.objects.all():
        ours = Refund.objects.filter(payment=payment, state__in=rules.HOLDS)
        desk = _total(ours.filter(origin="desk"))
        assert desk <= payment.captured_minor, f"{payment}: {desk} of {payment.captured_minor} promised"
        assert _total(ours, "from_balance_minor") <= payment.captured_minor
    under_way: Counter[str] = Counter()
    for refund in Refund.objects.filter(state__in=rules.UNDER_WAY):
        under_way[refund.currency] += refund.amount_minor
    for currency in {*under_way, *PostingLine.objects.values_list("currency", flat=True)}:
        lines = PostingLine.objects.filter(currency=currency)
        transit = -_total(lines.filter(account="refunds_in_transit"))
        assert transit == under_way[currency], f"{transit} {currency} in transit, not {under_way[currency]}"
        assert _total(lines) == 0
    for posting in Posting.objects.all():
        assert _total(posting.lines.all()) == 0
    for refund in Refund.objects.all():
        gone = -(balances(refund).get("gateway_clearing", 0))
        assert gone == (refund.amount_minor if refund.state == "succeeded" else 0), refund.reference
