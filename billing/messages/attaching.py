"""What goes along with a message: made when it is sent, by whoever makes such documents, and kept nowhere.

Documents are made floors above: who makes one registers for the kind of message that carries it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from billing.messages.models import Message

__all__ = ["File", "attach_to", "files_of"]


@dataclass(frozen=True, slots=True)
class File:
    """A file of a mail; ``kind`` is its media type."""

    name: str
    content: bytes
    kind: str = "application/pdf"


type Maker = Callable[[Message], File]
_makers: dict[str, Maker] = {}


def attach_to(kind: str, maker: Maker) -> None:
    """Has each message of this kind carry what ``maker`` makes; it may raise `Refused`, and then nothing is
    sent."""
    _makers[kind] = maker


def files_of(message: Message) -> list[File]:
    """The files of a message as they are now; none for a kind without any."""
    maker = _makers.get(message.kind)
    return [maker(message)] if maker else []
