"""How fast gateways are called and whether they are called at all: one row each, for every process.

A bucket or a breaker that each process kept for itself would let two workers call twice as fast as allowed,
and each of them learn anew that a gateway is down.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from billing.gateways.errors import GatewayError
from billing.gateways.models import GatewayPace
from billing.gateways.pace_rules import Breaker, Granted, after_call, grant, knock

__all__ = ["Shut", "admit", "heard", "is_shut", "may_call", "slow_down"]

LONGEST_REST = timedelta(minutes=10)


class Shut(GatewayError):
    """The gateway has not answered for a while, so nobody calls it until then: nothing moved."""

    def __init__(self, gateway: str, until: datetime | None) -> None:
        at = f"{until:%H:%M} UTC" if until else "a moment"
        super().__init__(
            "gateway_shut",
            f"{gateway.capitalize()} does not answer, so it is left alone until {at}. Nothing was charged.",
        )
        self.until = until


def may_call(
    gateway: str, *, a_second: int, wanted: int, clock: Callable[[], datetime] = timezone.now
) -> Granted:
    """How many of ``wanted`` calls may be made now, of what all processes together may. They are counted as
    made. The time is that of the wall, whatever day a run is about."""
    with transaction.atomic():
        row = _lock(gateway)
        granted = grant(row.next_at, clock(), a_second=a_second, wanted=wanted)
        if granted.calls:
            row.next_at = granted.next_at
            row.save(update_fields=["next_at"])
    return granted


def slow_down(gateway: str, rest: timedelta, *, clock: Callable[[], datetime] = timezone.now) -> None:
    """The gateway asked for it: nobody calls for so long."""
    until = clock() + min(rest, LONGEST_REST) + timedelta(seconds=1)  # a second's calls may run ahead
    with transaction.atomic():
        row = _lock(gateway)
        if row.next_at is None or row.next_at < until:
            row.next_at = until
            row.save(update_fields=["next_at"])


def admit(gateway: str, *, now: datetime) -> bool:
    """Whether many may call; False: this caller alone may try, with one call. Raises `Shut` while the
    gateway is left alone."""
    row = GatewayPace.objects.filter(gateway=gateway).first()
    if row is None or row.shut_until is None:
        return True
    with transaction.atomic():
        row = _lock(gateway)
        known = _breaker(row)
        after = knock(known, now)
        if after is None:
            raise Shut(gateway, row.shut_until)
        _keep(row, known, after)
    return after.shut_until is None


def heard(gateway: str, *, answered: bool, now: datetime) -> Breaker:
    """What came of a call. An answer of any kind, a decline too, says that the gateway is there."""
    row = GatewayPace.objects.filter(gateway=gateway).first()
    if answered and (row is None or _breaker(row).is_calm):
        return Breaker()
    with transaction.atomic():
        row = _lock(gateway)
        known = _breaker(row)
        after = after_call(known, now, answered=answered)
        _keep(row, known, after)
    return after


def is_shut(gateway: str, *, now: datetime) -> bool:
    """Whether nobody calls it now."""
    return GatewayPace.objects.filter(gateway=gateway, shut_until__gt=now).exists()


def _lock(gateway: str) -> GatewayPace:
    rows = GatewayPace.objects.select_for_update()
    if (row := rows.filter(gateway=gateway).first()) is not None:
        return row
    GatewayPace.objects.bulk_create([GatewayPace(gateway=gateway)], ignore_conflicts=True)
    return rows.get(gateway=gateway)


def _breaker(row: GatewayPace) -> Breaker:
    return Breaker(row.failures, row.shuts, row.shut_until)


def _keep(row: GatewayPace, known: Breaker, after: Breaker) -> None:
    if after == known:
        return
    row.failures, row.shuts, row.shut_until = after.failures, after.shuts, after.shut_until
    row.save(update_fields=["failures", "shuts", "shut_until"])
