"""The one lock of messages: a row of its own."""

from billing.messages.models import Message


def lock_message(message_id: int) -> Message:
    """The message, locked until the transaction ends."""
    return Message.objects.select_for_update(of=("self",)).get(pk=message_id)
