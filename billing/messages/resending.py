"""Sending something again: a new message that points to the first, with who and why."""

from datetime import datetime

from django.db import transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.ids import is_form_key, new_reference
from billing.logs import add_facts, service
from billing.messages import rules
from billing.messages.composing import Preview, reason_not_to
from billing.messages.locks import lock_message
from billing.messages.models import Message, MessageText
from billing.messages.writing import begins, enter

__all__ = ["again", "resend"]

#: A message on its way is not sent again beside itself.
STILL_GOING = ("waiting", "queued", "sending")


def again(message: Message) -> Preview:
    """What would go out: the words as they were, to the address that the customer has now.

    Raises `Conflict` for one that is still on its way, or whose words were erased.
    """
    if message.state in STILL_GOING:
        raise Conflict("message_is_on_its_way", "This message is still on its way. Wait for its end.")
    text = MessageText.objects.filter(message=message).first()
    identity = getattr(message.customer, "identity", None)
    if text is None or identity is None:
        raise Conflict("message_is_erased", "The words of this message were erased with the customer's data.")
    address = identity.email.strip()[:254]
    return Preview(
        message.kind,
        message.language,
        message.version,
        address,
        text.subject,
        text.body,
        reason_not_to(address),
    )


@service("messages")
def resend(*, message_id: int, reason: str, actor: Actor, form_key: str, now: datetime) -> Message:
    """Queues the same words once more. One ``form_key`` makes one message, however often it is posted.

    Raises `InvalidInput` without a reason, and what `again` raises. To an address that nothing is sent to
    it is kept as canceled, with why.
    """
    if not is_form_key(form_key):
        raise InvalidInput("form_key_missing", "This form was not made by the desk. Open it again.")
    reason = reason.strip()
    if not reason or len(reason) > rules.LONGEST_REASON:
        raise InvalidInput(
            "reason_missing",
            f"Reason: say why, in at most {rules.LONGEST_REASON:,} characters.",
            field="reason",
        )
    with transaction.atomic():
        first = lock_message(message_id)
        cause = f"resend:{first.pk}:{form_key}"
        if made := Message.objects.filter(cause=cause).first():
            return made
        told = again(first)
        message = Message.objects.create(
            reference=new_reference("MSG", now.date()),
            customer_id=first.customer_id,
            kind=first.kind,
            language=first.language,
            version=first.version,
            cause=cause,
            subject_kind=first.subject_kind,
            subject_id=first.subject_id,
            subject_label=first.subject_label,
            resend_of=first.resend_of or first,
            reason=reason,
            asked_by_ref=actor.ref,
            asked_by_name=actor.name,
            created_at=now,
            **begins(told),
        )
        enter(message, told, actor=actor, now=now, reason=message.why_not or "Sent again")
    add_facts(message=message.reference, first=first.reference)
    return message
