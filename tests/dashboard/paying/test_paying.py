"""A payment link from the desk to the gateway's page and back: what it tells, what it takes, when it ends."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.errors import Refused
from billing.gateways.models import SandboxObject
from billing.ids import form_key
from billing.models import Invoice, Payment, PaymentLink
from billing.payments.collecting import sweep
from billing.payments.links import address_of, create_link
from billing.payments.unknown import look_up_due
from tests import make
from tests.billing.payments.tills import JUDE, an_invoice, assert_sound, charge, due, taken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    cache.clear()


def a_link(invoice: Invoice | None = None, **more: Any) -> PaymentLink:
    to = invoice or an_invoice(make.customer("Brückner Feinmechanik GmbH"), due=None)
    fields = {"days": 14, "actor": JUDE, "form_key": form_key(), "now": timezone.now(), **more}
    return create_link(invoice_id=to.pk, **fields)


def page(link: PaymentLink) -> str:
    return reverse("paying:pay", args=[address_of(link)])


def begun(client: Client, link: PaymentLink) -> str:
    """The path of the sandbox's page to which the link leads."""
    answer = client.post(reverse("paying:begin", args=[address_of(link)]))
    assert answer.status_code == 200, answer.content.decode()
    found = re.search(r'href="[^"]*(/sandbox/pay/[^"]+)"', answer.content.decode())
    assert found
    return found[1]


def test_somebody_pays_by_a_link(client: Client):
    link = a_link()
    shown = client.get(page(link)).content.decode()
    assert "99.00" in shown and link.invoice.label in shown
    assert "Brückner" not in shown, "nothing about anybody"

    sandbox = begun(client, link)
    assert "99.00" in client.get(sandbox).content.decode()
    back = client.post(sandbox, {"card": "4242"})
    assert back.status_code == 302 and back.url.endswith(page(link))
    client.post(reverse("paying:check", args=[address_of(link)]))

    invoice = Invoice.objects.get()
    assert (invoice.state, taken()) == ("paid", 9_900)
    assert "This invoice is paid" in client.get(page(link)).content.decode()
    assert Payment.objects.get().link == link
    assert_sound()


def test_another_card_after_a_decline_and_no_second_charge_meanwhile(client: Client):
    invoice = due()
    link = a_link(invoice)
    sandbox = begun(client, link)
    assert client.post(sandbox, {"card": "0002"}).status_code == 402
    client.post(reverse("paying:check", args=[address_of(link)]))
    payment = Payment.objects.get()
    assert (payment.state, payment.is_live) == ("failed", True), "its page is still open"

    assert sweep(now=timezone.now()).charged == 0
    with pytest.raises(Refused, match="already"):
        charge(invoice, now=timezone.now())
    assert begun(client, link) == sandbox, "whoever comes again is led to the same page"
    client.post(sandbox, {"card": "4242"})
    client.post(reverse("paying:check", args=[address_of(link)]))
    payment.refresh_from_db()
    assert (payment.state, payment.is_live, taken()) == ("succeeded", False, 9_900)
    assert [each.state for each in payment.attempts.all()] == ["failed", "succeeded"]
    assert_sound()


def test_an_abandoned_page_is_closed_and_the_invoice_is_charged_as_it_was_to_be(client: Client):
    invoice = due()
    link = a_link(invoice)
    sandbox = begun(client, link)
    after = timezone.now() + timedelta(hours=2)
    assert look_up_due(now=after) == 1
    payment = Payment.objects.get()
    assert (payment.state, payment.failure_code) == ("canceled", "abandoned")
    assert client.post(sandbox, {"card": "4242"}).status_code == 409, "nobody pays on it any more"
    assert sweep(now=after).charged == 1
    assert taken() == 9_900


def test_a_revoked_link_takes_nothing_and_its_open_page_is_closed(client: Client):
    link = a_link()
    sandbox = begun(client, link)
    client.force_login(make.member("support"))
    address = reverse("payments:link_revoke", args=[link.reference])
    client.post(address, {"reason": "Sent to the wrong person.", "form_key": form_key()})
    client.logout()

    assert client.get(page(link)).status_code == 410
    assert client.post(reverse("paying:begin", args=[address_of(link)])).status_code == 409
    assert client.post(sandbox, {"card": "4242"}).status_code == 409
    assert Payment.objects.get().state == "canceled"


def test_expired_paid_past_it_and_of_a_void_invoice(client: Client):
    expired = a_link(now=timezone.now() - timedelta(days=15))
    assert "expired" in client.get(page(expired)).content.decode()
    invoice = due()
    paid = a_link(invoice)
    charge(invoice, now=timezone.now())
    assert "This invoice is paid" in client.get(page(paid)).content.decode()
    with pytest.raises(Refused, match="only an open invoice"):
        a_link(invoice)


def test_the_address_is_signed_and_cannot_be_guessed(client: Client):
    link = a_link()
    address = address_of(link)
    for wrong in (link.reference, address[:-1] + ("A" if address[-1] != "A" else "B"), "x.y", "LNK-1.2.3"):
        answer = client.get(reverse("paying:pay", args=[wrong]))
        assert answer.status_code == 404
        assert "no payment link of ours" in answer.content.decode()
    for _ in range(40):
        answer = client.get(page(link))
    assert answer.status_code == 429


def test_what_is_owed_when_somebody_pays_is_what_counts(client: Client):
    invoice = due()
    link = a_link(invoice)
    from billing.ledger import rules as ledger
    from billing.ledger.services import post
    from billing.money import Money

    for draft in (
        ledger.goodwill_store_credit("G-2", amount=Money(900, "EUR")),
        ledger.store_credit_used(f"{invoice.reference}:credit", amount=Money(900, "EUR")),
    ):
        post(draft, actor=JUDE, now=timezone.now(), customer_id=invoice.customer_id, subject=invoice)
    begun(client, link)
    made = SandboxObject.objects.get(kind="checkout")
    assert made.body["amount_minor"] == 9_000


@pytest.mark.parametrize(
    ("url", "leads"),
    [("https://app.halden.example/billing", True), ("https://halden.example.evil.test/", False)],
)
def test_the_way_back_leads_to_our_own_hosts_only(client: Client, settings: Any, url: str, leads: bool):
    settings.RETURN_HOSTS = ["halden.example"]
    invoice = due()
    link = a_link(invoice, return_url=url)
    charge(invoice, now=timezone.now())
    assert (url in client.get(page(link)).content.decode()) is leads


def test_too_many_starts_are_refused(client: Client):
    invoice = due()
    link = a_link(invoice)
    for _ in range(10):
        make.payment(
            invoice.customer, link=link, state="canceled", created_at=timezone.now(), captured_minor=0
        )
    answer = client.post(reverse("paying:begin", args=[address_of(link)]))
    assert answer.status_code == 409
    assert "too often" in answer.content.decode()
