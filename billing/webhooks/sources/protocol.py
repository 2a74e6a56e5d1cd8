"""What the door asks of each gateway: is this yours, and what does it say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it came: raw bytes, headers under lower-case names, the sender's address (through
    configured proxies only) and the endpoint's name, empty for a gateway's usual one."""

    body: bytes
    headers: Mapping[str, str]
    address: str = ""
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is stored of a message: its facts, and the content that the allow list lets through.

    ``content`` holds ``object``, ``dropped`` (path → why), ``previous`` and ``headers``. ``trouble`` is set
    for a message that was signed and could not be read: it is kept, as failed.
    """

    source: str
    endpoint: str
    event_id: str
    type: str
    happened_at: datetime
    digest: str
    object_kind: str = ""
    object_id: str = ""
    customer_gateway_id: str = ""
    api_version: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""


class NotSigned(Exception):
    """The message is not the gateway's; nothing is stored. ``reason`` is one of a few words for counting
    (missing, malformed, too_old, too_new, mismatch, address, certificate); the sentence holds no secret."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(reason, sentence)
        self.reason, self.sentence = reason, sentence

    def __str__(self) -> str:
        return self.sentence


class Source(Protocol):
    name: str

    def verify(self, delivery: Delivery, *, now: datetime) -> None:
        """Raises `NotSigned`, and `billing.gateways.errors.NotSetUp` when there is nothing to check with."""
        ...

    def read(self, delivery: Delivery, *, now: datetime) -> Incoming:
        """Never raises: what cannot be read comes back with its trouble."""
        ...
