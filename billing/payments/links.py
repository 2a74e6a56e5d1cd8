"""Payment links: a page on which whoever holds its address pays one open invoice, until it ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction

from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import record
from billing.ids import new_reference
from billing.invoices.models import Invoice
from billing.logs import add_facts, service
from billing.payments.models import PaymentLink
from billing.payments.owed import owed_on
from billing.payments.promising import charging_gateways, why_not

SALT = "billing.payment-link"
SHORTEST, LONGEST, USUAL = 1, 60, 14
#: So often may somebody begin to pay by one link within an hour.
STARTS_AN_HOUR = 10


@service("payments")
def create_link(
    *, invoice_id: int, days: int, actor: Actor, form_key: str, now: datetime, return_url: str = ""
) -> PaymentLink:
    """A link to pay an open invoice of ours, good for ``days`` days; the same form makes one.

    The amount is not the link's: it is what is owed when somebody pays. ``return_url`` must have been held
    against the hosts that are allowed. Raises `Conflict` for an invoice that nobody can pay.
    """
    if not SHORTEST <= days <= LONGEST:
        raise InvalidInput("days_out_of_range", f"Days: from {SHORTEST} to {LONGEST}.", field="days")
    with transaction.atomic():
        invoice = (
            Invoice.objects.select_for_update(of=("self",))
            .select_related("customer")
            .filter(pk=invoice_id)
            .first()
        )
        if invoice is None:
            raise Missing("invoice_unknown", "This invoice does not exist.")
        if made := PaymentLink.objects.filter(form_key=form_key).first():
            return made
        if no := why_not(invoice, None, owed_on([invoice.pk])[invoice.pk]):
            raise no
        link = PaymentLink.objects.create(
            reference=new_reference("LNK", now.date()),
            invoice=invoice,
            customer_id=invoice.customer_id,
            gateway=paying_gateway(invoice.customer.gateway),
            return_url=return_url,
            form_key=form_key,
            made_by_ref=actor.ref,
            made_by_name=actor.name,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        until = link.expires_at.isoformat()
        record(invoice, "link_made", actor=actor, now=now, link=link.reference, until=until)
    add_facts(link=link.reference)
    return link


def paying_gateway(preferred: str) -> str:
    """The gateway on whose page somebody pays: their own where we charge through it, else the first that
    is set up. Raises `Conflict` where there is none."""
    able = charging_gateways()
    if preferred in able:
        return preferred
    if "stripe" in able and settings.STRIPE_API_KEY:
        return "stripe"
    if "sandbox" in able:
        return "sandbox"
    raise Conflict("no_gateway", "No gateway is set up on whose page a customer could pay.")


def address_of(link: PaymentLink) -> str:
    """The last part of the link's address: its reference with our signature, and nothing about anybody."""
    return _signer().sign(link.reference)


def url_of(link: PaymentLink) -> str:
    """The whole address that the customer is given."""
    return f"{settings.PUBLIC_URL}/pay/{address_of(link)}/"


def link_at(address: str) -> PaymentLink:
    """The link of a signed address. Raises `Missing` for any other, whatever is wrong with it."""
    try:
        reference = _signer().unsign(address)
    except signing.BadSignature:
        raise Missing("link_unknown", "This is no payment link of ours.") from None
    found = PaymentLink.objects.select_related("invoice__customer").filter(reference=reference).first()
    if found is None:
        raise Missing("link_unknown", "This is no payment link of ours.")
    return found


def state_of(link: PaymentLink, now: datetime) -> str:
    """paid, closed (the invoice is not open), revoked, expired, or open."""
    if link.invoice.state == "paid":
        return "paid"
    if link.invoice.state != "open":
        return "closed"
    if link.revoked_at is not None:
        return "revoked"
    return "expired" if link.expires_at <= now else "open"


def links_of(invoice: Invoice, most: int = 5) -> Sequence[PaymentLink]:
    """The invoice's links, the newest first."""
    return list(invoice.payment_links.select_related("invoice").order_by("-created_at", "-pk")[:most])


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT, sep=".")
