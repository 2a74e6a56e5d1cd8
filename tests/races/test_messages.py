"""Two workers, one message; two webhooks, one cause; two admins, one text."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.core import mail

from billing.errors import Conflict
from billing.messages import services
from billing.messages.models import Message, MessageTemplate
from tests.billing.messages.desk import TOVE, jobs_of, somebody, written
from tests.make import NOW
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@contextmanager
def without_the_lock():
    """The naive twin: the message is read, not locked."""
    with patch("billing.messages.locks.lock_message", lambda pk: Message.objects.get(pk=pk)):
        yield


def two_workers() -> int:
    message = written()
    with meeting("billing.messages.locks.lock_message", 2):
        outcomes = at_once([lambda: services.send(message_id=message.pk, now=NOW)] * 2)
    assert not refused(outcomes), refused(outcomes)
    return len(mail.outbox)


def test_two_workers_send_one_message_once() -> None:
    assert two_workers() == 1


def test_without_the_lock_it_is_sent_twice() -> None:
    with without_the_lock():
        assert two_workers() == 2


def test_one_cause_told_twice_at_once_is_written_about_once() -> None:
    customer = somebody()
    call = lambda: written(customer, cause="refund:REF-1:promised")  # noqa: E731
    with meeting("billing.messages.composing.preview", 2):
        outcomes = at_once([call, call])
    assert not refused(outcomes), refused(outcomes)
    assert {each.pk for each in outcomes} == {Message.objects.get().pk}
    assert jobs_of(Message.objects.get()) == 1


def test_two_who_edit_at_once_make_one_version() -> None:
    def edit(subject: str):
        return lambda: services.edit(
            kind="refund_promised",
            language="de",
            subject=subject,
            body="{amount}",
            reason="Shorter",
            based_on=0,
            actor=TOVE,
            now=NOW,
        )

    with meeting("billing.messages.templates.current", 2):
        outcomes = at_once([edit("One"), edit("Two")])
    assert len(went_through(outcomes)) == 1
    assert [type(each) for each in refused(outcomes)] == [Conflict]
    assert MessageTemplate.objects.count() == 1
