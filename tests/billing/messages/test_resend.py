"""Sending again: a new message with the same words, to the address of today, with who and why."""

import pytest
from django.core import mail

from billing.errors import Conflict, InvalidInput
from billing.ids import form_key
from billing.messages import services
from billing.messages.models import Message, MessageText
from tests.billing.messages.desk import JUDE, somebody, written
from tests.make import NOW

pytestmark = pytest.mark.django_db


def again(message: Message, **changed) -> Message:
    asked = {"reason": "They lost it", "actor": JUDE, "form_key": form_key(), "now": NOW, **changed}
    return services.resend(message_id=message.pk, **asked)


def arrived() -> Message:
    message = written(somebody(email="old@brueckner.de"))
    services.send(message_id=message.pk, now=NOW)
    message.refresh_from_db()
    return message


def test_the_words_go_again_to_where_they_are_now() -> None:
    first = arrived()
    identity = first.customer.identity
    identity.email = "new@brueckner.de"
    identity.save()
    made = again(first)
    assert (made.resend_of, made.reason, made.asked_by_name) == (first, "They lost it", "Jude Okafor")
    assert (made.text.subject, made.text.body) == (first.text.subject, first.text.body)
    assert services.send(message_id=made.pk, now=NOW) == "sent"
    assert [each.to for each in mail.outbox] == [["old@brueckner.de"], ["new@brueckner.de"]]
    assert again(made).resend_of == first


def test_one_form_sends_once() -> None:
    first, key = arrived(), form_key()
    assert again(first, form_key=key).pk == again(first, form_key=key).pk
    assert Message.objects.count() == 2


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1_001])
def test_it_needs_a_reason(reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        again(arrived(), reason=reason)
    assert refused.value.field == "reason"


def test_what_is_on_its_way_or_erased_is_not_sent_again() -> None:
    with pytest.raises(Conflict, match="on its way"):
        again(written())
    first = arrived()
    MessageText.objects.filter(message=first).delete()
    with pytest.raises(Conflict, match="erased"):
        again(first)


def test_to_an_address_that_is_none_it_is_kept_with_why() -> None:
    first = arrived()
    type(first.customer.identity).objects.filter(customer=first.customer).update(email="")
    made = again(first)
    assert (made.state, made.why_not) == ("canceled", "No e-mail address is known.")
