"""What the modules of this folder hand on: objects to record, and the moment that they are true of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.webhooks.models import WebhookEvent

type Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Said:
    """Objects of one kind, true as of a moment.

    ``by_word``: as the message itself says it, without asking; ``record`` looks again whether the row has
    moved on meanwhile. ``remark``: nothing is to be recorded, and this sentence says why.
    """

    kind: str
    bodies: Sequence[Mapping[str, Any]]
    as_of: datetime
    by_word: bool = False
    remark: str = ""


class Overtaken(Exception):
    """Something was recorded of the object's same second since `prepare`: prepare again."""


class ContentGone(LookupError):
    """The content of the event is no longer kept, or never was."""


def content_of(event: WebhookEvent) -> Mapping[str, Any]:
    """What is stored of the message. Raises `ContentGone`."""
    content = event.content
    if content is None:
        raise ContentGone("The content of this event is no longer kept, so it cannot be done again.")
    return content


def object_in(event: WebhookEvent) -> Mapping[str, Any]:
    """The object that the message is about, as far as it is stored. Raises `ContentGone`."""
    found = content_of(event).get("object")
    if not isinstance(found, Mapping) or not found:
        raise ContentGone("Nothing of this event's object is stored, so it cannot be done.")
    return found
