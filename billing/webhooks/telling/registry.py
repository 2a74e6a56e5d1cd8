"""Which module tells of which source."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from billing.webhooks.telling import paypal, sandbox, stripe, yookassa
from billing.webhooks.telling.said import Said

type Prepare = Callable[..., Said | None]
type Record = Callable[..., None]
type Supply = Callable[..., Said | None]


@dataclass(frozen=True, slots=True)
class Teller:
    prepare: Prepare
    record: Record
    supply: Supply


def _of(module: Any) -> Teller:
    return Teller(module.prepare, module.record, getattr(module, "supply", _nothing))


def _nothing(absent: Any, *, clock: Any) -> None:
    """This source fetches nothing that its events name."""


TELLERS: dict[str, Teller] = {
    "stripe": _of(stripe),
    "paypal": _of(paypal),
    "yookassa": _of(yookassa),
    "sandbox": _of(sandbox),
}
