"""Refunding an invoice: the dialog by line, what it would do, and doing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.approvals.services import judge
from billing.errors import Refused
from billing.history.actors import Actor
from billing.invoices.crediting import Plan, left_of_lines, plan_credit
from billing.invoices.crediting_rules import check_credit
from billing.invoices.models import Invoice, InvoiceLine
from billing.invoices.queries import invoice_by_reference
from billing.money import Money
from billing.payments.models import Payment
from billing.payments.queries import method_words
from billing.refunds import rules, services
from billing.refunds.approving import ACTION
from billing.refunds.caps import left_of_invoice
from billing.refunds.clawing import preview_for
from billing.refunds.models import RefundReason
from billing.refunds.of_invoice import Asked, Outcome
from billing.refunds.queries import refundable_of
from billing.subscriptions.canceling import why_not_here
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.fields import MoneyField
from dashboard.actions.related import link
from dashboard.lists.names import name_of
from dashboard.parts.entries import Effect, Notice
from dashboard.refunds import effects
from dashboard.refunds.effects import words
from dashboard.refunds.tables import address
from dashboard.staff.actors import actor_of

MOST_LINES = 100
STORE, OUTSIDE, ORIGINAL = "store_credit", "outside", "original_payment"
THEN = (("keep", "Goes on"), ("period_end", "Ends with its period"), ("now", "Ends now"))


@dataclass(frozen=True, slots=True)
class Known:
    """What the dialog is about: the invoice, what is left of its lines, and the payments on it."""

    invoice: Invoice
    lines: list[InvoiceLine]
    left: Mapping[int, int]
    payments: list[Payment]
    whole: Money

    @property
    def refusal(self) -> str:
        """Why nothing can be credited at all; empty when something can."""
        try:
            check_credit(
                {line: amount for line, amount in self.left.items() if amount}, self.left, {},
                self.invoice.currency, number=self.invoice.label, gateway=self.invoice.gateway,
                state=self.invoice.state,
            )  # fmt: skip
        except Refused as refusal:
            return refusal.sentence
        return ""


class InvoiceRefundForm(forms.Form):
    """How much of each line, tax included; why; where the money goes; what becomes of the subscription."""

    reason = forms.ChoiceField(label="Reason", choices=[("", "Choose a reason"), *RefundReason.choices])
    outside_reference = forms.CharField(
        label="Transfer's reference",
        required=False,
        max_length=64,
        help_text="The bank's own, where it is paid from our bank.",
    )
    note_internal = forms.CharField(
        label="Note for us",
        required=False,
        max_length=rules.LONGEST_INTERNAL,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    note_to_customer = forms.CharField(
        label="On the credit note",
        required=False,
        max_length=rules.LONGEST_TO_CUSTOMER,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, known: Known) -> None:
        super().__init__(data)
        self.known = known
        self.amounts = []
        for line in known.lines:
            left = Money(known.left.get(line.pk, 0), known.invoice.currency)
            if not left.is_positive:
                continue
            name = f"line_{line.pk}"
            self.fields[name] = MoneyField(
                currency=left.currency,
                label=line.description,
                required=False,
                initial=left,
                help_text=f"{words(left)} left, tax included",
            )
            self.amounts.append(name)
        where = [
            (f"{ORIGINAL}:{payment.pk}", f"Back to {method_words(payment)}, {payment.reference}")
            for payment in known.payments
        ]
        where.append((STORE, "Store credit: it stays on the customer's balance"))
        where += [
            (f"{OUTSIDE}:{payment.pk}", f"From our bank, for {payment.reference}")
            for payment in known.payments
        ]
        self.fields["where"] = forms.ChoiceField(
            label="Where to", choices=where, initial=where[0][0], widget=forms.RadioSelect
        )
        self.fields["reason"].error_messages["required"] = "Reason: choose one from the list."
        subscription = known.invoice.subscription
        why = why_not_here(subscription) if subscription else "This invoice bills no subscription."
        self.fields["subscription"] = forms.ChoiceField(
            label="The subscription",
            choices=THEN,
            initial="keep",
            required=not why,
            disabled=bool(why),
            widget=forms.RadioSelect,
            help_text=why or f"{subscription}: what becomes of access.",
        )
        last = ["reason", "where", "outside_reference", "subscription", "note_internal", "note_to_customer"]
        self.order_fields([*self.amounts, *last])

    @property
    def amount_fields(self) -> list[Any]:
        return [self[name] for name in self.amounts]

    @property
    def asked(self) -> dict[int, int]:
        """Gross minor units by line, as far as the form goes."""
        given = {name: self.cleaned_data.get(name) for name in self.amounts}
        return {int(name.partition("_")[2]): money.minor for name, money in given.items() if money}

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        where = found.get("where", "")
        if where.startswith(OUTSIDE) and not found.get("outside_reference", "").strip():
            self.add_error(
                "outside_reference", "Transfer's reference: paid from our bank, it needs the bank's own."
            )
        return found


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("refunds.issue")
def new(request: HttpRequest, reference: str) -> HttpResponse:
    """Refunds an invoice by line, with a credit note."""
    invoice = invoice_by_reference(reference)
    if invoice is None:
        raise Http404(f"There is no invoice {reference}.")
    known = about(invoice)
    actor = actor_of(request.user)
    return act(
        request,
        template="dashboard/refunds/of_invoice.html",
        form=lambda data: InvoiceRefundForm(data, known=known),
        effects=lambda form: what_will_happen(form, known, actor),
        primary=lambda form: _button(form, known),
        perform=lambda form, key: services.refund_invoice(
            asked_of(form, known), actor=actor, form_key=key, now=timezone.now()
        ),
        done=_done,
        back=reverse("invoices:show", args=[invoice.reference]),
        context={"invoice": invoice, "name": name_of(invoice.customer), "refusal": known.refusal},
    )


def about(invoice: Invoice) -> Known:
    lines = list(invoice.lines.order_by("position")[:MOST_LINES])
    payments = [
        each.payment
        for each in invoice.allocations.select_related("payment").order_by("-amount_minor", "pk")[:10]
        if each.payment.state == "succeeded"
    ]
    return Known(invoice, lines, left_of_lines(invoice), payments, left_of_invoice(invoice))


def asked_of(form: Any, known: Known) -> Asked:
    data = form.cleaned_data
    destination, _, payment = data["where"].partition(":")
    return Asked(
        known.invoice.pk,
        form.asked,
        reason=data.get("reason", ""),
        destination=destination,
        payment_id=int(payment) if payment else None,
        subscription=data.get("subscription") or "keep",
        note_internal=data.get("note_internal", ""),
        note_to_customer=data.get("note_to_customer", ""),
        outside_reference=data.get("outside_reference", ""),
    )


def _button(form: Any, known: Known) -> str:
    total = sum(form.asked.values())
    return f"Refund {words(Money(total, known.invoice.currency))}" if total else "Refund"


def what_will_happen(form: Any, known: Known, actor: Actor) -> list[Effect | Notice]:
    """Money, documents, credits, access and approval, as far as the form goes; writes nothing."""
    if known.refusal:
        return []
    if not form.asked:
        return [Effect("Enter how much goes back", "Then this side tells what will happen.", "arrow-back-up")]
    try:
        plan = plan_credit(known.invoice, form.asked)
        payment = _payment(form, known)
        where = form.cleaned_data.get("where", "").partition(":")[0]
        if plan.on_paid > known.whole:
            only = f"Only {words(known.whole)} of it was paid."
            return [Notice("This cannot be sent as it stands", only, "bad")]
        if payment is not None and plan.on_paid.is_positive:
            left = refundable_of(payment, with_note=True).left
            if plan.on_paid > left:
                return [
                    Notice(
                        "This cannot be sent as it stands",
                        f"Only {words(left)} can still be refunded of {payment.reference}.",
                        "bad",
                    )
                ]
    except Refused as refusal:
        return [Notice("This cannot be sent as it stands", refusal.sentence, "bad")]
    told: list[Effect | Notice] = [
        *_money(plan, payment, where),
        Effect(
            f"A credit note of {words(plan.total)}, the next of the CN series",
            f"{words(plan.net)} net and {words(plan.tax)} of tax off {known.invoice.label}. "
            "The invoice itself stays as it is.",
            "file-invoice",
        ),
        _credits(plan, known),
        _access(form, known),
    ]
    amount = plan.on_paid if payment is not None and plan.on_paid.is_positive else plan.total
    verdict = judge(ACTION, amount, customer_id=known.invoice.customer_id, actor=actor, now=timezone.now())
    if verdict.needed:
        told.insert(
            0,
            Notice(
                "This goes to a second person first",
                f"{verdict.rule[:1].upper()}{verdict.rule[1:]}. Nothing of this is done until they have "
                "decided, all of it at once then.",
                "wait",
                "shield-check",
            ),
        )
    return told


def _payment(form: Any, known: Known) -> Payment | None:
    pk = form.cleaned_data.get("where", "").partition(":")[2]
    return next((each for each in known.payments if str(each.pk) == pk), None)


def _money(plan: Plan, payment: Payment | None, where: str) -> list[Effect | Notice]:
    told: list[Effect | Notice] = []
    if plan.off_open.is_positive:
        told.append(Effect(f"{words(plan.off_open)} less is owed", "What is still open goes first.", "scale"))
    if plan.on_paid.is_zero:
        return told
    if where == OUTSIDE and payment:
        told.append(
            Effect(
                f"{words(plan.on_paid)} counts as paid from our bank",
                "The desk sends nothing: make the transfer yourself.",
                "building-bank",
            )
        )
    elif payment:
        told.append(
            Effect(
                f"{words(plan.on_paid)} goes back to {method_words(payment)}",
                effects.time_and_fee(payment),
                "arrow-back-up",
            )
        )
    else:
        told.append(
            Effect(
                f"{words(plan.on_paid)} becomes store credit",
                "Later invoices can be paid from it; nothing leaves.",
                "coins",
            )
        )
    return told


def _credits(plan: Plan, known: Known) -> Effect:
    clawed = preview_for(known.invoice, plan.on_paid.minor, now=timezone.now())
    if not clawed:
        return Effect("No credits are taken back", "None came with this invoice, or none are left.", "coins")
    said = ", ".join(f"{each.units:,} {each.lot.account.get_unit_display().lower()}" for each in clawed)
    owed = sum(each.claw.owed for each in clawed)
    detail = "In proportion to what was granted for this money."
    return Effect(f"{said} are taken back", f"{detail} {owed:,} used ones become a debt." if owed else detail,
                  "coins")  # fmt: skip


def _access(form: Any, known: Known) -> Effect:
    choice = form.cleaned_data.get("subscription") or "keep"
    which = known.invoice.subscription
    if choice == "now":
        return Effect(f"{which} ends now", "Access ends, and churn counts today.", "repeat")
    if choice == "period_end":
        return Effect(f"{which} ends with its period", "Access stays until then.", "repeat")
    return Effect("Access does not change", "Subscriptions go on as before.", "repeat")


def _done(made: Outcome) -> Done:
    if made.refund is not None:
        money = Money(made.refund.amount_minor, made.refund.currency)
        if made.refund.state == "pending_approval":
            sentence = f"{made.refund.reference} of {money} waits for a second person"
            return Done(sentence, "Its page shows their decision.", url=address(made.refund), go=True)
        sentence = f"{money} goes back as {made.refund.reference}"
        detail = f"With credit note {made.note.label}." if made.note else ""
        return Done(sentence, detail, url=address(made.refund), go=True)
    if made.note is not None:
        return Done(
            f"Credit note {made.note.label} of {Money(made.note.total_minor, made.note.currency)} is issued",
            url=link("credit_notes:show", made.note.reference) or "",
            go=True,
        )
    reference = made.approval.reference if made.approval else ""
    return Done(f"{reference} waits for a second person", "Nothing has been credited yet.")
