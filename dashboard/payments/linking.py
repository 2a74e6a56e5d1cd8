"""Payment links: making one for an open invoice, its page, and revoking it."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.invoices.queries import invoice_by_reference
from billing.money import Money
from billing.payments.links import LONGEST, SHORTEST, USUAL, create_link, state_of, url_of
from billing.payments.models import PaymentLink
from billing.payments.owed import owed_on
from billing.payments.paying import revoke_link
from billing.payments.promising import why_not
from billing.payments.queries import gateway_name
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.fields import ReasonField
from dashboard.actions.offers import offer
from dashboard.actions.related import link as link_to
from dashboard.lists.names import name_of
from dashboard.parts.entries import Effect, Fact, Notice
from dashboard.staff.actors import actor_of

SAID = {
    "open": ("It works: whoever opens it can pay", "ok"),
    "paid": ("The invoice is paid: the page says so and takes nothing more", "ok"),
    "closed": ("The invoice is not open any more: the page takes nothing", "wait"),
    "revoked": ("Revoked: the page takes nothing", "bad"),
    "expired": ("Expired: the page takes nothing. Make a new one", "wait"),
}


DAYS = f"Good for, in days: a number from {SHORTEST} to {LONGEST}."


class LinkForm(forms.Form):
    """For how long."""

    days = forms.IntegerField(
        label="Good for, in days",
        min_value=SHORTEST,
        max_value=LONGEST,
        initial=USUAL,
        error_messages={
            "required": DAYS,
            "invalid": DAYS,
            "min_value": DAYS,
            "max_value": DAYS,
        },
    )


class RevokeForm(forms.Form):
    reason = ReasonField("Reason")


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("payments.charge")
def new(request: HttpRequest, reference: str) -> HttpResponse:
    """Makes a link; its page then has the address to copy."""
    invoice = invoice_by_reference(reference)
    if invoice is None:
        raise Http404(f"There is no invoice {reference}.")
    owed = Money(max(0, owed_on([invoice.pk])[invoice.pk]), invoice.currency)

    def effects(form: LinkForm) -> list[Effect | Notice]:
        if no := why_not(invoice, None, owed.minor):
            return [Notice("No link can be made", no.sentence, "bad")]
        return [
            Effect(f"Whoever has the address can pay {owed}", "What is owed then, never more.", "link"),
            Effect("The address names nobody", "Only a reference with our signature.", "lock"),
            Effect("Nothing is sent", "Copy the address into your own message.", "mail"),
        ]

    return act(
        request,
        template="dashboard/payments/link_new.html",
        form=LinkForm,
        effects=effects,
        primary=lambda form: "Make the link",
        perform=lambda form, key: create_link(
            invoice_id=invoice.pk,
            days=form.cleaned_data["days"],
            actor=actor_of(request.user),
            form_key=key,
            now=timezone.now(),
        ),
        done=lambda made: Done(
            "The payment link is ready to copy", url=reverse("payments:link", args=[made.reference]), go=True
        ),
        back=reverse("invoices:show", args=[invoice.reference]),
        context={"invoice": invoice, "name": name_of(invoice.customer), "owed": owed},
    )


@require_safe
@who_may("payments.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """A link's own page: its address, whether it still works, and what was paid by it."""
    found, now = _link(reference), timezone.now()
    state = state_of(found, now)
    sentence, tone = SAID[state]
    revoke = offer(
        request.user,
        "Revoke…",
        "payments:link_revoke",
        [found.reference],
        permission="payments.charge",
        refusal="" if state == "open" else "It takes nothing any more.",
        icon="ban",
        kind="danger" if state == "open" else "",
    )
    context = {
        "found": found,
        "url": url_of(found) if state == "open" else "",
        "notices": [Notice(sentence, "", tone)],
        "actions": revoke,
        "facts": [
            Fact("Invoice", found.invoice.label, url=link_to("invoices:show", found.invoice.reference)),
            Fact("Expires", found.expires_at),
            Fact("Made by", found.made_by_name),
            Fact("Page at", gateway_name(found.gateway)),
        ],
        "payments": [
            (payment, link_to("payments:show", payment.reference))
            for payment in found.payments.order_by("-created_at", "-pk")[:20]
        ],
        "name": name_of(found.customer),
        "customer_url": link_to("customers:show", found.customer.reference, request.user, "customers.view"),
    }
    return render(request, "dashboard/payments/link.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("payments.charge")
def revoke(request: HttpRequest, reference: str) -> HttpResponse:
    found = _link(reference)
    here = reverse("payments:link", args=[found.reference])
    return act(
        request,
        template="dashboard/payments/link_revoke.html",
        form=RevokeForm,
        primary=lambda form: "Revoke the link",
        perform=lambda form, key: revoke_link(
            link_id=found.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda made: Done("The link takes nothing any more", url=here, go=True),
        back=here,
        context={"found": found},
    )


def _link(reference: str) -> PaymentLink:
    rows = PaymentLink.objects.select_related("invoice", "customer__identity")
    found = rows.filter(reference=reference).first()
    if found is None:
        raise Http404(f"There is no payment link {reference}.")
    return found
