"""How a call to a gateway can go wrong: by an answer, by none, or by our own settings.

No message holds a secret: each is redacted and cut before it is kept.
"""

from collections.abc import Mapping
from typing import Any

from billing.redaction import redact_text

LONGEST = 300


class GatewayError(Exception):
    """`code` is snake_case, `message` for an operator and safe to show and to keep."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code[:64]
        self.message = redact_text(message or code).strip()[:LONGEST]
        super().__init__(self.code, self.message)

    def __str__(self) -> str:
        return self.message


class Declined(GatewayError):
    """The gateway, or the bank behind it, said no: nothing moved. ``hard``: asking again cannot help.

    ``about`` is the object that was declined, where the gateway tells it with its no.
    """

    def __init__(
        self, code: str, message: str, *, hard: bool, about: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(code, message)
        self.hard = hard
        self.about = about


class GatewayRefused(GatewayError):
    """The gateway would not take the call (4xx): nothing moved, and the same call will be refused again."""


class Unreachable(GatewayError):
    """No answer, or none that says what became of the call: it may have been carried out.

    The same call under the same key is safe. ``retry_after`` is in seconds, where the gateway said.
    """

    def __init__(self, code: str, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class Garbage(Unreachable):
    """An answer that cannot be read; what became of the call is unknown."""


class NotSetUp(GatewayError):
    """The desk has no key for this gateway, or one that does not work: nothing moved. Mend the settings."""
