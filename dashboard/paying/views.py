"""The page behind a payment link: public, for whoever holds its signed address.

It tells an invoice's number, its amount and its due day, and nothing about anybody.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.checkouts.returning import safe_return
from billing.errors import Missing, Refused
from billing.history.actors import system
from billing.money import Money
from billing.payments.links import link_at, state_of
from billing.payments.models import Payment, PaymentLink
from billing.payments.owed import owed_on
from billing.payments.paying import begin_paying
from billing.payments.unknown import look_up_payment
from dashboard.access import public
from dashboard.paying.limits import slowly

WHY = "customers pay here; the signature in the address is what lets them"
CLOSED = {
    "paid": ("This invoice is paid", "Thank you. You can close this page."),
    "closed": ("There is nothing to pay here", "This invoice is not open any more."),
    "revoked": ("This link is not valid any more", "Ask whoever sent it to you for a new one."),
    "expired": ("This link has expired", "Ask whoever sent it to you for a new one."),
}


@public(WHY)
@require_safe
@never_cache
@slowly
def pay(request: HttpRequest, address: str) -> HttpResponse:
    """What is to be paid, or that nothing is."""
    link = _link(address)
    if link is None:
        return _closed(request, "This is no payment link of ours", "Check the address.", status=404)
    now = timezone.now()
    state = state_of(link, now)
    live = _live(link)
    if state == "open" and live is not None and not _page_is_open(live, now):
        return render(request, "dashboard/paying/waiting.html", _context(link, address))
    if state != "open":
        title, text = CLOSED[state]
        return _closed(request, title, text, link, status=200 if state == "paid" else 410)
    return render(request, "dashboard/paying/show.html", _context(link, address) | {"live": live})


@public(WHY)
@require_POST
@never_cache
@slowly
def begin(request: HttpRequest, address: str) -> HttpResponse:
    """Opens the gateway's page and leads there."""
    link = _link(address)
    if link is None:
        return _closed(request, "This is no payment link of ours", "Check the address.", status=404)
    back = f"{settings.PUBLIC_URL}{reverse('paying:pay', args=[address])}"
    try:
        url = begin_paying(link=link, return_url=back, now=timezone.now())
    except Refused as no:
        context = _context(link, address) | {"refusal": no.sentence}
        return render(request, "dashboard/paying/show.html", context, status=409)
    # A page in between: a form may not lead to another host by itself.
    return render(request, "dashboard/paying/leaving.html", {"url": url, "company": settings.COMPANY_NAME})


@public(WHY)
@require_POST
@never_cache
@slowly
def check(request: HttpRequest, address: str) -> HttpResponse:
    """Asks the gateway what became of a payment that was begun, and shows the page again."""
    link = _link(address)
    live = _live(link) if link else None
    if live is not None:
        # quiet: the page says that it is still open, and can be asked again
        with suppress(Refused):
            look_up_payment(payment_id=live.pk, actor=system("payment link"), now=timezone.now())
    return redirect("paying:pay", address=address)


def _link(address: str) -> PaymentLink | None:
    try:
        return link_at(address)
    except Missing:  # quiet: the page says so, whatever is wrong with the address
        return None


def _live(link: PaymentLink) -> Payment | None:
    return Payment.objects.filter(invoice=link.invoice_id, is_live=True).first()


def _page_is_open(payment: Payment, now: datetime) -> bool:
    return bool(payment.link_id and payment.checkout_until and now < payment.checkout_until)


def _context(link: PaymentLink, address: str) -> dict[str, Any]:
    invoice = link.invoice
    return {
        "link": link,
        "address": address,
        "invoice": invoice,
        "owed": Money(max(0, owed_on([invoice.pk])[invoice.pk]), invoice.currency),
        "company": settings.COMPANY_NAME,
    }


def _closed(
    request: HttpRequest, title: str, text: str, link: PaymentLink | None = None, *, status: int
) -> HttpResponse:
    onward = safe_return(link.return_url, settings.RETURN_HOSTS, "") if link and link.return_url else ""
    context = {"title": title, "text": text, "onward": onward, "invoice": link.invoice if link else None}
    return render(request, "dashboard/paying/closed.html", context, status=status)
