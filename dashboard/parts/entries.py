"""The small records that views hand to the partials: a fact, a moment of a story, an effect, an action."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """A label over a value: Money, a tuple of Money, a moment, a day, a State, a text, a count, or None.

    None is shown as "unknown", and `why` says why on hover.
    """

    label: str
    value: Any
    url: str = ""
    why: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of "What happened": give `tone` only where the state changed."""

    sentence: str
    at: datetime
    icon: str = "circle-dot"
    tone: str = ""
    who: str = ""
    reason: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One line of "What will happen"."""

    sentence: str
    detail: str = ""
    icon: str = "arrow-right"
    url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its reader gets it: a subject and paragraphs, in a language and its direction."""

    subject: str
    paragraphs: tuple[str, ...]
    language: str = ""
    direction: str = "ltr"


@dataclass(frozen=True, slots=True)
class Action:
    """What a person may do here. A refused one stays in sight, with `refusal` saying why.

    `label` ends in … when a dialog comes. `kind` is "" or "primary", "danger" or "quiet"; `method` "post"
    makes a small form of it instead of a dialog, "page" a plain link.
    """

    label: str
    url: str
    icon: str = ""
    kind: str = ""
    refusal: str = ""
    method: str = "get"


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that changes what one does, a smaller one, and at most one button."""

    sentence: str
    detail: str = ""
    tone: str = "wait"
    icon: str = ""
    url: str = ""
    button: str = ""

    @property
    def shown_icon(self) -> str:
        return self.icon or NOTICE_ICONS.get(self.tone, "info-circle")


@dataclass(frozen=True, slots=True)
class Progress:
    """Long work as `parts/progress.html` shows it. `total` None is not known yet: the bar moves to and fro.

    `url` answers the same part again; it is asked each second while the state is queued or running.
    """

    state: str
    done: int
    total: int | None
    label: str
    url: str = ""
    left: str = ""
    failed: int = 0
    failed_url: str = ""
    pause_url: str = ""
    resume_url: str = ""
    id: str = "progress"

    @property
    def live(self) -> bool:
        return bool(self.url) and self.state in ("queued", "running")


NOTICE_ICONS = {
    "ok": "circle-check-filled",
    "move": "clock",
    "wait": "hourglass",
    "bad": "alert-circle",
    "look": "eye",
    "idle": "info-circle",
}
