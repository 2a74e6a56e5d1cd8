"""What a search finds, before any screen has a say in it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """One object found. ``noun`` and ``key`` name it; the screens know its address.

    ``match`` is the piece of ``detail`` that the search text stands for, to be marked. The amount is in
    minor units of ``currency``.
    """

    noun: str
    key: str
    title: str
    detail: str = ""
    match: str = ""
    machine: str = ""
    state: str = ""
    amount_minor: int | None = None
    currency: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind under one heading."""

    label: str
    hits: tuple[Hit, ...]
