"""One line in the log for every call of a service, and one for everything refused or odd.

    @service("refunds")
    def issue_refund(*, payment, amount, actor, now): ...

writes `refunds.issue_refund` with the actor, the outcome (`ok`, `refused:amount_above_refundable`,
`error:TimeoutError`) and the duration in milliseconds, beside the request id that the site bound.
Arguments are never logged; what a line should carry, the service binds itself with `add_facts`.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

import structlog

from billing.errors import Refused
from billing.history.context import current

log = structlog.get_logger("billing")

_facts: ContextVar[dict[str, Any] | None] = ContextVar("service_facts", default=None)


def service[**P, R](name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a public function of a service. What it raises is raised again, unchanged."""

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def logged(*args: P.args, **kwargs: P.kwargs) -> R:
            begun = time.monotonic()
            token = _facts.set({})
            outcome, level = "ok", "info"
            more: dict[str, Any] = {}
            try:
                return function(*args, **kwargs)
            except Refused as refusal:
                outcome, level = f"refused:{refusal.code}", "warning"
                more = {"refused": dict(refusal.facts), "retry_helps": refusal.retry_helps}
                raise
            except BaseException as error:
                outcome, level = f"error:{type(error).__name__}", "error"
                raise
            finally:
                facts = _facts.get() or {}
                _facts.reset(token)
                getattr(log, level)(
                    f"{name}.{function.__name__}",
                    service=name,
                    operation=function.__name__,
                    outcome=outcome,
                    duration_ms=round((time.monotonic() - begun) * 1000, 1),
                    **{**_who(kwargs.get("actor")), **facts, **more},
                )

        logged.service = name  # type: ignore[attr-defined]
        return logged

    return mark


def add_facts(**facts: Any) -> None:
    """Facts (references, counts, amounts) for the line of the service that is running now."""
    bound = _facts.get()
    if bound is not None:
        bound.update(facts)


def note_odd(event: str, **facts: Any) -> None:
    """A line for something that should not come: an unknown tier or package, a missing balance, a double
    purchase. It goes out at once, whatever becomes of the transaction."""
    log.warning(event, odd=True, **{**_who(None), **facts})


def _who(actor: Any) -> dict[str, str]:
    if actor is None and (acting := current()) is not None:
        actor = acting.actor
    if actor is None:
        return {}
    return {"actor": str(getattr(actor, "ref", actor))}
