"""The send: noted before and after, once by itself, and told honestly when nobody knows."""

import smtplib
import socket
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core import mail

from billing.errors import Conflict
from billing.messages import rules, services
from billing.messages.models import Message, MessageText
from billing.messages.sending import SILENT, UNCLEAR
from tests.billing.messages.desk import JUDE, jobs_of, somebody, states_of, written
from tests.make import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(seconds=5)
SEND = "django.core.mail.EmailMultiAlternatives.send"


def sent(message: Message) -> str:
    return services.send(message_id=message.pk, now=LATER)


def test_it_leaves_as_text_and_in_our_layout() -> None:
    customer = somebody(name='<b onclick="x">Brückner & Söhne</b>', email="post@brueckner.de")
    message = written(customer)
    assert sent(message) == "sent"
    assert sent(message) == "sent"
    (letter,) = mail.outbox
    assert letter.to == ["post@brueckner.de"]
    assert letter.subject == message.text.subject
    assert letter.body == message.text.body + "\n"
    ((html, kind),) = [(each.content, each.mimetype) for each in letter.alternatives]
    assert kind == "text/html" and '<html lang="de" dir="ltr">' in html
    assert "&lt;b onclick=&quot;x&quot;&gt;Brückner &amp; Söhne&lt;/b&gt;" in html
    assert "<b onclick" not in html and "http" not in html
    headers = letter.message()
    assert message.reference in headers["Message-ID"]
    message.refresh_from_db()
    assert (message.sent_at, message.attempts) == (LATER, 1)
    assert states_of(message) == ["queued", "sending", "sent"]


def test_a_name_with_line_ends_adds_no_header() -> None:
    message = written(somebody(name="Eve\r\nBcc: all@post.org"))
    assert sent(message) == "sent"
    raw = mail.outbox[0].message().as_string()
    assert "\nBcc:" not in raw.partition("\n\n")[0]
    assert mail.outbox[0].recipients() == [message.text.address]


@pytest.mark.parametrize(
    "trouble",
    [
        ConnectionRefusedError(111, "refused"),
        socket.gaierror(-2, "unknown"),
        smtplib.SMTPConnectError(421, b"busy"),
        smtplib.SMTPRecipientsRefused({"a@b.de": (451, b"come back later")}),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_server_that_cannot_take_it_now_is_tried_again(trouble: Exception) -> None:
    message = written()
    with patch(SEND, side_effect=trouble):
        assert sent(message) == "queued"
    assert jobs_of(message) == 2
    assert sent(message) == "sent"
    assert states_of(message) == ["queued", "sending", "queued", "sending", "sent"]


def test_it_gives_up_after_so_many_tries() -> None:
    message = written()
    with patch(SEND, side_effect=ConnectionRefusedError()):
        for _ in range(rules.MOST_TRIES):
            state = sent(message)
    assert state == "failed" and jobs_of(message) == rules.MOST_TRIES
    message.refresh_from_db()
    assert message.failure == "The mail server could not be reached."


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (
            smtplib.SMTPRecipientsRefused({"x": (550, b"<post@b.de> unknown here")}),
            "550 <the address> unknown",
        ),
        (smtplib.SMTPAuthenticationError(535, b"no"), "535 no"),
        (TimeoutError("timed out"), "whether it left is unknown"),
        (smtplib.SMTPServerDisconnected("gone"), "whether it left is unknown"),
    ],
)
def test_a_no_and_an_open_end_are_not_tried_again_by_themselves(trouble: Exception, said: str) -> None:
    message = written(somebody(email="post@b.de"))
    with patch(SEND, side_effect=trouble):
        assert sent(message) == "failed"
    message.refresh_from_db()
    assert said in message.failure and "post@b.de" not in message.failure
    assert jobs_of(message) == 1
    assert services.retry(message_id=message.pk, actor=JUDE, now=LATER).state == "queued"
    assert sent(message) == "sent"


def test_only_what_failed_is_tried_again() -> None:
    message = written()
    with pytest.raises(Conflict):
        services.retry(message_id=message.pk, actor=JUDE, now=NOW)


def test_a_worker_killed_in_between_leaves_it_open_and_a_person_decides() -> None:
    """At most once by itself: after the crash no job sends it, and the log says that nobody knows."""
    message = written()
    with patch(SEND, side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        sent(message)
    message.refresh_from_db()
    assert message.state == "sending"
    assert sent(message) == "sending" and mail.outbox == []
    assert services.give_up_on_silent(now=LATER + SILENT) == 0
    assert services.give_up_on_silent(now=LATER + SILENT + timedelta(seconds=1)) == 1
    message.refresh_from_db()
    assert (message.state, message.failure) == ("failed", UNCLEAR)


def test_what_was_erased_meanwhile_is_not_sent() -> None:
    message = written()
    MessageText.objects.filter(message=message).delete()
    assert sent(message) == "canceled" and mail.outbox == []


def test_what_was_called_off_is_not_sent() -> None:
    message = written()
    services.cancel(cause=message.cause, why="The refund was withdrawn.", actor=JUDE, now=NOW)
    assert sent(message) == "canceled" and mail.outbox == []
