"""One line of the tables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Handler:
    """Events whose type begins so are about objects of ``kind``.

    ``ask``: the message leaves out what is recorded (personal data is not stored with it), so the gateway is
    asked for the object. ``gone``: the event says that the object was deleted. ``named_by``: the field of the
    message's object that names the one of ``kind`` to ask for. No ``kind``: the desk has no use for it, and
    ``why`` says why.
    """

    begins: str
    kind: str
    ask: bool = False
    gone: bool = False
    named_by: str = ""
    why: str = ""
