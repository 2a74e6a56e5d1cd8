"""Reading messages."""

from billing.ids import normalise
from billing.messages.models import Message

MOST = 100


def message_by_reference(reference: str) -> Message | None:
    """The message with its customer and its words, or None; one whose words were erased comes without."""
    found = Message.objects.select_related("customer__identity", "text", "resend_of")
    return found.filter(reference=normalise(reference)).first()


def resends_of(message: Message) -> list[Message]:
    """What was sent again of it, the latest first."""
    return list(Message.objects.filter(resend_of=message).order_by("-created_at", "-pk")[:MOST])


def messages_about(kind: str, subject_id: int) -> list[Message]:
    """What was written about one thing, the latest first."""
    about = Message.objects.filter(subject_kind=kind, subject_id=subject_id)
    return list(about.order_by("-created_at", "-pk")[:MOST])
