"""What can need a second person's yes: each noun registers its own actions, and is called back when decided.

    register(Action(
        name="refund",
        label="Refund",
        permission="refunds.approve",
        execute=_execute,       # (approval, actor=, now=) -> str: does it, in the caller's transaction
        close=_close,           # (approval, state=, actor=, now=, reason=): the request came to nothing
        facts=_facts,           # (approval) -> Bound: what the target says now, to hold against the digest
    ))

The registering module is imported by the noun's `tasks`, so that workers know it, and by its `services`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from billing.approvals.rules import Amount


@dataclass(frozen=True, slots=True)
class Bound:
    """What of an action a yes is bound to."""

    target: str
    amount: Amount
    reason: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Action:
    """One kind of thing that may be asked for. ``permission`` is what whoever decides must hold.

    ``execute`` returns a sentence of what was done; it calls no network and raises `Refused` when it cannot
    be done any more. ``close`` releases what waited. ``facts`` locks and reads the target.
    """

    name: str
    label: str
    permission: str
    execute: Callable[..., str]
    close: Callable[..., None]
    facts: Callable[[Any], Bound]


_actions: dict[str, Action] = {}


def register(action: Action) -> Action:
    _actions[action.name] = action
    return action


def action_named(name: str) -> Action:
    """KeyError for an action that nobody registered: a bug, or a process older than the site."""
    return _actions[name]


def all_actions() -> list[Action]:
    return sorted(_actions.values(), key=lambda action: action.label)
