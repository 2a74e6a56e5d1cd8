"""How long gateways take, and how their calls end: counted by operation."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from billing.gateways.errors import Declined, GatewayError, GatewayRefused, NotSetUp, Unreachable
from billing.metrics.services import count, observe

#: What is a word of the API in a path; everything else (an id, a version) is left out.
WORD = re.compile(r"[a-z][a-z_-]*")
OUTCOMES: tuple[tuple[type[GatewayError], str], ...] = (
    (Declined, "declined"),
    (GatewayRefused, "refused"),
    (Unreachable, "unreachable"),
    (NotSetUp, "not_set_up"),
)


@dataclass(slots=True)
class Call:
    """A call under way; whoever reads a refusal out of its answer says so in ``outcome``."""

    outcome: str = "ok"


@contextmanager
def measured(gateway: str, operation: str) -> Iterator[Call]:
    """Counts one call with its outcome and its time; what it raises goes on. Serves as a decorator too."""
    begun, one, ended = time.monotonic(), Call(), "error"
    try:
        yield one
        ended = one.outcome
    except GatewayError as error:
        ended = next((word for kind, word in OUTCOMES if isinstance(error, kind)), "error")
        raise
    finally:
        count("gateway_calls", gateway=gateway, operation=operation, outcome=ended)
        observe("gateway_call_seconds", time.monotonic() - begun, gateway=gateway, operation=operation)


def operation_of(method: str, url: str) -> str:
    """`post refunds cancel` of POST /v1/refunds/re_3SVm2b/cancel: the same for every object."""
    words = [part for part in urlsplit(url).path.split("/") if WORD.fullmatch(part)]
    return " ".join([method.lower(), *words])[:80]
