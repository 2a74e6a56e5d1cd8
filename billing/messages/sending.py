"""The send itself: noted before, done with no transaction open, noted after.

At most once by itself: a worker killed between the two leaves the message in sending, and after a while it
is failed with the sentence that nobody knows whether it left. A person decides whether it goes again.
"""

import smtplib
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from billing.errors import Refused
from billing.history.actors import Actor, system
from billing.history.services import move
from billing.logs import add_facts, note_odd, service
from billing.messages import locks, rules
from billing.messages.composing import ERASED, reason_not_to
from billing.messages.mail import mail_of
from billing.messages.models import Message, MessageText
from billing.messages.queue import enqueue_send

__all__ = ["give_up_on_silent", "send"]

WORKER = system("worker")
#: A send that has not ended after so long has lost its worker: mail servers are given up on much earlier.
SILENT = timedelta(minutes=30)
UNCLEAR = "The worker stopped while it was being sent: nobody knows whether it left."


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, without the address; ``again`` when trying later is safe and may help."""

    sentence: str
    again: bool


@service("messages")
def send(*, message_id: int, now: datetime) -> str:
    """Sends a queued message and says the state that it is in then; in any other state it does nothing.

    A mail server that cannot be reached is tried again, `rules.MOST_TRIES` times in all; what it refuses, and
    what ends in a way that leaves open whether the message was taken, is failed.
    """
    text = _begin(message_id, now)
    if text is None:
        return Message.objects.values_list("state", flat=True).get(pk=message_id)
    trouble = _deliver(text)
    with transaction.atomic():
        message = locks.lock_message(message_id)
        if message.state != "sending":
            note_odd("messages.ended_meanwhile", message=message.reference, state=message.state)
            return message.state
        _end(message, trouble, now)
    add_facts(message=message.reference, state=message.state, attempts=message.attempts)
    return message.state


def _begin(message_id: int, now: datetime) -> MessageText | None:
    """Notes that it is being sent; None when it is not to be."""
    with transaction.atomic():
        message = locks.lock_message(message_id)
        if message.state != "queued":
            return None
        text = MessageText.objects.filter(message=message).first()
        why_not = reason_not_to(text.address) if text else ERASED
        if text is None or why_not:
            also = {"why_not": why_not}
            move(message, rules.MACHINE, "canceled", actor=WORKER, now=now, reason=why_not, also=also)
            return None
        tries = {"attempts": message.attempts + 1, "sending_at": now, "failure": ""}
        move(message, rules.MACHINE, "sending", actor=WORKER, now=now, also=tries)
        text.message = message
        return text


def _deliver(text: MessageText) -> Trouble | None:
    try:
        mail = mail_of(text)
    except Refused as refusal:
        note_odd("messages.file_not_made", message=text.message.reference, code=refusal.code)
        return Trouble(f"Its document could not be made: {refusal.sentence}", again=refusal.retry_helps)
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()), (0, b""))
        return _refused(code, said, text.address)
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        note_odd("messages.server_unreachable", error=type(error).__name__)
        return Trouble("The mail server could not be reached.", again=True)
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, error.smtp_error, text.address)
    except (ConnectionRefusedError, socket.gaierror) as error:
        note_odd("messages.server_unreachable", error=type(error).__name__)
        return Trouble("The mail server could not be reached.", again=True)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        note_odd("messages.send_broke_off", error=type(error).__name__)
        return Trouble(f"It broke off, and whether it left is unknown ({type(error).__name__}).", again=False)
    return None


def _refused(code: int, said: bytes | str, address: str) -> Trouble:
    """4xx asks to come back later, 5xx is a no. The server's words are kept without the address."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    words = rules.one_line(words.replace(address, "the address"))[:200]
    return Trouble(f"The mail server refused it: {code} {words}".strip(), again=400 <= code < 500)


def _end(message: Message, trouble: Trouble | None, now: datetime) -> None:
    if trouble is None:
        move(message, rules.MACHINE, "sent", actor=WORKER, now=now, also={"sent_at": now})
    elif trouble.again and message.attempts < rules.MOST_TRIES:
        said = {"failure": trouble.sentence[:300]}
        move(message, rules.MACHINE, "queued", actor=WORKER, now=now, reason=_kept(trouble), also=said)
        enqueue_send(message.pk, after=timedelta(seconds=rules.seconds_before_retry(message.attempts)))
    else:
        said = {"failure": trouble.sentence[:300]}
        move(message, rules.MACHINE, "failed", actor=WORKER, now=now, reason=_kept(trouble), also=said)


def _kept(trouble: Trouble) -> str:
    """What history keeps for good: our own words, never the server's."""
    return trouble.sentence.partition(":")[0]


@service("messages")
def give_up_on_silent(*, now: datetime, actor: Actor = WORKER) -> int:
    """Fails what was being sent when its worker went away; says how many."""
    lost = Message.objects.filter(state="sending", sending_at__lt=now - SILENT).values_list("pk", flat=True)
    done = 0
    for message_id in list(lost[:500]):
        with transaction.atomic():
            message = locks.lock_message(message_id)
            if message.state == "sending" and message.sending_at and message.sending_at < now - SILENT:
                said = {"failure": UNCLEAR}
                move(message, rules.MACHINE, "failed", actor=actor, now=now, reason=UNCLEAR, also=said)
                done += 1
    add_facts(failed=done)
    return done
