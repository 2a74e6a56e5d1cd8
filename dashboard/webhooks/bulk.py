"""Having many events done again, or leaving them undone, from the log."""

from collections.abc import Mapping
from typing import Any

from billing.webhooks.services import IGNORE_MANY, REPLAY_MANY
from dashboard.lists.screen import BulkAction
from dashboard.parts.formatting import grouped
from dashboard.webhooks.forms import IgnoreForm, ReplayForm


def _many(count: int) -> str:
    return "1 event is" if count == 1 else f"{grouped(count)} events are"


def _replay_effect(count: int, asked: Mapping[str, Any]) -> str:
    return f"{_many(count)} given to the worker again; what is in the books already is not booked twice"


def _ignore_effect(count: int, asked: Mapping[str, Any]) -> str:
    return f"{_many(count)} left undone: nobody tries them again unless they are replayed"


REPLAY = BulkAction(
    name="replay",
    label="Replay…",
    kind=REPLAY_MANY,
    permission="webhooks.replay",
    form=ReplayForm,
    effect=_replay_effect,
    icon="rotate-clockwise",
)
IGNORE = BulkAction(
    name="ignore",
    label="Ignore…",
    kind=IGNORE_MANY,
    permission="webhooks.replay",
    form=IgnoreForm,
    effect=_ignore_effect,
    icon="eye-off",
)
