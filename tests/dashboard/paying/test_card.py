"""A letter asks for a new card: from its link to the gateway's page and back, until it is charged."""

import re
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from structlog.testing import capture_logs

from billing.gateways.errors import Unreachable
from billing.gateways.sandbox import Sandbox
from billing.models import CardLink, Customer, HistoryEntry, Invoice, Message, PaymentMethod, SandboxEvent
from billing.payments.card_leaving import look_up_cards_due
from billing.payments.collecting import sweep
from billing.payments.expiring import warn_of_expiry
from billing.webhooks.draining import drain
from tests import make
from tests.billing.payments.tills import a_card, an_invoice, charge
from tests.billing.webhooks.desk import SANDBOX_SECRET, deliver_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh(settings: Any) -> None:
    cache.clear()
    settings.SANDBOX_WEBHOOK_SECRET = SANDBOX_SECRET
    settings.CHECKOUT_GATEWAY = "sandbox"


def a_payer(card: str = "4242", **more: Any) -> PaymentMethod:
    """Somebody whom we charge, by a card that ends next month."""
    ends = timezone.now().replace(day=28) + timedelta(days=5)
    customer = make.customer("Brückner Feinmechanik GmbH", locale="en")
    make.subscription(customer)
    return a_card(customer, card, exp_month=ends.month, exp_year=ends.year, **more)


def asked(old: PaymentMethod) -> str:
    """The path in the letter that asks its owner for another."""
    assert warn_of_expiry(now=timezone.now()) == 1
    found = re.search(
        r"https?://\S+?(/pay/card/\S+/)\s", Message.objects.get(customer=old.customer).text.body
    )
    assert found
    return found[1]


def begun(client: Client, path: str) -> str:
    """The path of the sandbox's page to which the link leads."""
    answer = client.post(f"{path}begin/")
    assert answer.status_code == 200, answer.content.decode()
    found = re.search(r'href="[^"]*(/sandbox/card/[^"]+)"', answer.content.decode())
    assert found
    return found[1]


def tell_all(times: int = 1) -> None:
    for event in SandboxEvent.objects.order_by("due_at", "id"):
        for _ in range(times):
            assert deliver_sandbox(event.body).status_code == 200
    drain(now=timezone.now(), worker="cards")


def left(customer: Customer) -> PaymentMethod:
    """The card that is charged next: the one that was left, and no other."""
    (card,) = PaymentMethod.objects.filter(customer=customer, is_default=True)
    assert card.gateway_id.startswith("sbx_pm_kept_")
    return card


def test_a_card_is_left_and_charged_for_what_the_old_one_could_not_pay(client: Client) -> None:
    old = a_payer("0069")
    invoice = an_invoice(old.customer)
    charge(invoice)
    path = asked(old)
    shown = client.get(path).content.decode()
    assert "A new card" in shown and "Brückner" not in shown and old.last4 not in shown

    page = begun(client, path)
    assert client.post(page, {"card": "0002"}).status_code == 402
    assert client.post(page, {"card": "4242"}).url.endswith(path)
    assert PaymentMethod.objects.get() == old, "coming back says nothing"
    tell_all(times=2)

    card, link = left(old.customer), CardLink.objects.get()
    assert (card.brand, card.last4, link.kept) == ("visa", "4242", card)
    assert HistoryEntry.objects.filter(subject_kind="cardlink", kind="card_left").count() == 1
    assert sweep(now=timezone.now()).charged == 1
    assert Invoice.objects.get().state == "paid"
    assert "Your new card is here" in client.get(path).content.decode()


def test_a_link_takes_one_card(client: Client) -> None:
    old = a_payer()
    path = asked(old)
    client.post(begun(client, path), {"card": "4242"})
    tell_all()
    first = left(old.customer)
    answer = client.post(f"{path}begin/")
    assert answer.status_code == 409 and "can no longer be used" in answer.content.decode()
    assert left(old.customer) == first


def test_whoever_comes_again_is_led_to_the_same_page_until_it_closes(client: Client) -> None:
    path = asked(a_payer())
    page = begun(client, path)
    assert begun(client, path) == page
    CardLink.objects.update(checkout_until=timezone.now() - timedelta(minutes=1))
    assert begun(client, path) != page


def test_a_message_that_was_lost_is_asked_for_by_the_page_and_by_the_worker(client: Client) -> None:
    old = a_payer()
    path = asked(old)
    assert client.post(f"{path}check/").status_code == 302 and CardLink.objects.get().used_at is None
    page = begun(client, path)
    client.post(f"{path}check/")
    assert CardLink.objects.get().used_at is None, "nothing was left yet"
    client.post(page, {"card": "4242"})
    with patch.object(Sandbox, "find_setup", side_effect=Unreachable("timeout", "No answer")):
        assert client.post(f"{path}check/").status_code == 302
        assert look_up_cards_due(now=timezone.now()) == 0
    assert look_up_cards_due(now=timezone.now()) == 1
    assert look_up_cards_due(now=timezone.now()) == 0
    assert left(old.customer).last4 == "4242"


def test_expired_and_unknown(client: Client) -> None:
    path = asked(a_payer())
    now = timezone.now()
    CardLink.objects.update(created_at=now - timedelta(days=31), expires_at=now - timedelta(days=1))
    assert client.get(path).status_code == 410
    assert client.post(f"{path}begin/").status_code == 409
    for wrong in ("/pay/card/x/", path.replace("/pay/card/", "/pay/card/x")):
        assert client.get(wrong).status_code == 404
        assert client.post(f"{wrong}begin/").status_code == 404


def test_nobody_reads_the_address_in_the_books_or_in_the_log(client: Client) -> None:
    path = asked(a_payer())
    token = path.rstrip("/").rpartition("/")[2]
    with capture_logs() as lines:
        begun(client, path)
        client.get(path)
    assert "/pay/card/<str:token>/begin/" in [each.get("path") for each in lines]
    link = CardLink.objects.get()
    assert token not in f"{lines}{vars(link)}"
    assert len(link.token_hash) == 64


def test_a_gateway_that_does_not_answer_says_so_and_the_link_stays_good(client: Client) -> None:
    path = asked(a_payer())
    with patch.object(Sandbox, "open_setup", side_effect=Unreachable("timeout", "No answer")):
        answer = client.post(f"{path}begin/")
    assert answer.status_code == 409 and "Try again in some minutes" in answer.content.decode()
    assert begun(client, path)


def test_one_letter_for_one_cause_and_one_link(client: Client) -> None:
    asked(a_payer())
    assert warn_of_expiry(now=timezone.now()) == 0
    assert CardLink.objects.count() == 1
