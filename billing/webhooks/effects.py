"""The effects of one event inside the worker's transaction, and what has to be asked before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError, OperationalError

from billing.errors import Missing, Refused
from billing.gateways.errors import GatewayError
from billing.history.actors import Actor, gateway
from billing.history.context import acting
from billing.webhooks import queries
from billing.webhooks.handlers import Handler, handler_of, why_ignored
from billing.webhooks.models import WebhookEvent, WebhookState
from billing.webhooks.outcomes import Outcome
from billing.webhooks.telling.registry import TELLERS
from billing.webhooks.telling.said import Clock, Overtaken, Said

#: What an event may fail by. A bug in a handler is among it: one event must not stop all others.
FAILURES = (
    Refused,
    GatewayError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    DatabaseError,
    Overtaken,
)
OLDER = "Something newer is known of this object."
#: An invoice of a subscription of a customer of … : nothing hangs together by more than this.
MOST_SUPPLIES = 20


@dataclass(slots=True)
class Work:
    """One event that is being done: what it says, and what had to be fetched because it names it."""

    event: WebhookEvent
    handler: Handler | None
    said: Said | None = None
    supplies: list[Said] = field(default_factory=list)
    named: set[tuple[str, str]] = field(default_factory=set)

    @property
    def actor(self) -> Actor:
        return gateway(self.event.source)


def work_of(event: WebhookEvent) -> Work:
    return Work(event, handler_of(event.source, event.type))


def prepare(work: Work, *, clock: Clock) -> None:
    """Asks what has to be asked, with no transaction open. Raises what the gateway raises."""
    if work.handler is not None:
        work.said = TELLERS[work.event.source].prepare(work.event, work.handler, clock=clock)


def supply(work: Work, absent: Missing, *, clock: Clock) -> None:
    """Fetches what the effects missed, with no transaction open; raises it again where that is in vain."""
    name = (str(absent.facts.get("kind", "")), str(absent.facts.get("gateway_id", "")))
    if name in work.named or len(work.named) >= MOST_SUPPLIES:
        raise absent
    work.named.add(name)
    said = TELLERS[work.event.source].supply(absent, clock=clock)
    if said is None:
        raise absent
    work.supplies.insert(0, said)


def remedied(work: Work, trouble: BaseException, *, clock: Clock) -> bool:
    """Fetches what was missing, or prepares anew what was overtaken or crossed; False where nothing helps.

    Called with no transaction open. Raises what the gateway raises.
    """
    if isinstance(trouble, Missing):
        supply(work, trouble, clock=clock)
    elif isinstance(trouble, Overtaken | OperationalError):  # two that wait for each other, for one
        prepare(work, clock=clock)
    else:
        return False
    return True


def effects(work: Work, *, now: datetime) -> Outcome:
    """Records what the event says, in the caller's transaction.

    Raises `Missing` and `Overtaken`, for which there is a remedy outside of it, and what the services raise.
    """
    if work.handler is None:
        return Outcome(work.event, WebhookState.IGNORED, why_ignored(work.event.source, work.event.type))
    if work.said is None:
        return Outcome(work.event, WebhookState.IGNORED, OLDER)
    if work.said.remark:
        return Outcome(work.event, WebhookState.IGNORED, work.said.remark)
    record = TELLERS[work.event.source].record
    request_id = queries.request_id_of(work.event)
    with acting(work.actor, request_id=request_id, reason=work.event.type):
        for said in (*work.supplies, work.said):
            record(said, actor=work.actor, now=now)
    return Outcome(work.event, WebhookState.PROCESSED)


def sentence_of(error: BaseException) -> str:
    """What went wrong, for the operator; never the database's own words, which may hold data."""
    if isinstance(error, Refused):
        return error.sentence
    if isinstance(error, GatewayError):
        return error.message
    if isinstance(error, Overtaken):
        return "Other messages about this object kept coming in; it is tried again."
    if isinstance(error, ValueError | LookupError) and str(error) and not isinstance(error, KeyError):
        return str(error)
    return f"This event could not be recorded ({type(error).__name__})."


def same_object(work: Work, others: Sequence[Work]) -> bool:
    """Whether any of the others is about the same object."""
    key = (work.event.source, work.event.object_id)
    return bool(key[1]) and any((each.event.source, each.event.object_id) == key for each in others)
