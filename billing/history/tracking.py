"""The audit trail's declaration: which tables keep every version of every row."""

from collections.abc import Callable, Sequence
from typing import Any

import pghistory


def tracked[M](*, exclude: Sequence[str] = ()) -> Callable[[type[M]], type[M]]:
    """Keeps each inserted, changed and deleted row of a model in an append-only table beside it.

    ``exclude`` names the columns that the trail must not hold: personal data and free text.
    """
    # Each model gets instances of its own: pghistory deep-copies shared defaults, which breaks their level.
    trackers = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
    options: dict[str, Any] = {"exclude": list(exclude)} if exclude else {}
    return pghistory.track(*trackers, **options)
