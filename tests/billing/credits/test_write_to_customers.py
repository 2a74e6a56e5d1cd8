"""Customers are told beforehand that credits end, and of a grant when its dialog says so."""

from datetime import timedelta

import pytest

from billing.credits.writing import granted_facts, warn_customers, write_granted
from billing.messages.models import Message
from tests.billing.credits.desk import DAY, JUDE, NOW, WORKER, grant
from tests.billing.messages.desk import somebody
from tests.make import customer

pytestmark = pytest.mark.django_db


def warned(at=NOW) -> list[Message]:
    warn_customers(actor=WORKER, now=at)
    return list(Message.objects.order_by("pk"))


def test_what_ends_on_one_day_is_one_letter_and_once() -> None:
    of = somebody(locale="de-DE")
    grant(of, 500, expires_at=NOW + 5 * DAY)
    grant(of, 700, expires_at=NOW + 5 * DAY + timedelta(hours=1))
    grant(of, 40, unit="ai_requests", expires_at=NOW + 5 * DAY)
    grant(of, 900, expires_at=NOW + 30 * DAY)
    subjects = [each.text.subject for each in warned()]
    assert subjects == [
        "40 KI-Anfragen verfallen am 23. November 2026",
        "1.200 Tokens verfallen am 23. November 2026",
    ]
    assert len(warned(NOW + DAY)) == 2


def test_an_example_address_is_in_the_log_and_not_in_the_post() -> None:
    grant(customer(), 500, expires_at=NOW + 5 * DAY)
    (message,) = warned()
    assert message.state == "canceled"


def test_a_grant_is_written_about_once() -> None:
    of = somebody(locale="fr-FR")
    moved = grant(of, 500)
    facts = granted_facts(500, "tokens", note="Merci de votre patience.")
    for _ in range(2):
        made = write_granted(customer_id=of.pk, entry_id=moved.entry_id, facts=facts, actor=JUDE, now=NOW)
    assert Message.objects.get() == made
    assert made.text.subject == "Vous avez reçu 500 jetons"
    assert "jusqu" not in made.text.body and "Merci de votre patience." in made.text.body
