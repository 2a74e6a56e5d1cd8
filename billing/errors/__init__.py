"""What the domain says when it will not do something.

A refusal is an answer, not a bug: it carries a code for programs, a sentence for the operator that names
the field and the remedy, and whether trying the same thing again can help. Bugs raise ordinary exceptions.
"""

from collections.abc import Mapping

__all__ = ["Conflict", "InvalidInput", "Missing", "NotAllowed", "Refused"]


class Refused(Exception):
    """The domain refuses; nothing was written.

    `code` is snake_case and stable, `sentence` is for an operator, `field` names the input at fault if one
    is, `facts` hold the figures behind the sentence (for logs and tests, never secrets or personal data).
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        field: str | None = None,
        retry_helps: bool = False,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.field = field
        self.retry_helps = retry_helps
        self.facts: dict[str, object] = dict(facts or {})

    def __str__(self) -> str:
        return self.sentence


class InvalidInput(Refused):
    """What was entered cannot be taken as it stands; another value can."""


class NotAllowed(Refused):
    """This person, or anybody at this limit, may not do it; somebody else may."""


class Conflict(Refused):
    """Somebody was faster, or the state has moved on; look again before trying again."""


class Missing(Refused):
    """What was named does not exist, or no longer does."""
