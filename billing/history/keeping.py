"""Writing what a gateway told of many objects at once: inserted or locked, compared, and only then written.

Four statements for a page of objects, however many there are. The rows of a page stay locked until the
transaction ends. Two writers of the same object wait for each other, also while its row does not exist yet:
each takes an advisory lock under the object's own id first, and no other way of inserting from a gateway is
used. What is already known writes nothing at all, no history and no audit row, so that telling it twice
leaves no trace.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Literal

from django.db import connection, models

from billing.history.actors import Actor
from billing.history.machines import Machine
from billing.history.models import HistoryEntry
from billing.history.services import entry

type Outcome = Literal["created", "changed", "same", "older"]
type Adjust = Callable[[Any, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one object: ``values`` are compared and written, ``at_birth`` only inserted.

    ``as_of`` None is a mere mention: the row is made where there is none, and otherwise left alone.
    ``partly``: it speaks of a part that nothing else tells of, and is heard even when the row is newer.
    """

    gateway_id: str
    as_of: datetime | None
    values: Mapping[str, Any] = field(default_factory=dict)
    at_birth: Mapping[str, Any] = field(default_factory=dict)
    partly: bool = False


@dataclass(slots=True)
class Kept:
    """A row as it stands now, what became of it, and the values that were written over."""

    row: Any
    outcome: Outcome
    was: dict[str, Any] = field(default_factory=dict)

    @property
    def written(self) -> bool:
        return self.outcome in ("created", "changed")


def lock_ids(table: str, gateway: str, gateway_ids: Iterable[str]) -> None:
    """Holds these objects, known or not, until the transaction ends."""
    keys = sorted({_lock_key(f"{table}:{gateway}:{each}") for each in gateway_ids})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS k", [keys])


def _lock_key(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


def keep(
    model: type[models.Model],
    gateway: str,
    told: Sequence[Told],
    *,
    actor: Actor,
    now: datetime,
    machine: Machine | None = None,
    adjust: Adjust | None = None,
    quiet: Collection[str] = (),
    history: bool = True,
) -> dict[str, Kept]:
    """Makes the rows of ``model`` say what is told, by gateway id.

    What is told as of an earlier moment than a row's own changes nothing ("older"). ``adjust`` sees the
    locked row and may drop or replace values before they are compared. A column named in ``quiet`` holds
    free text: history says that it changed, not what it says. A change of ``state`` must be one of the
    machine's moves, else `Conflict` is raised.
    """
    if not told:
        return {}
    latest: dict[str, Told] = {}
    for each in told:
        other = latest.get(each.gateway_id)
        if other is None or other.as_of is None or (each.as_of is not None and each.as_of >= other.as_of):
            latest[each.gateway_id] = each
    lock_ids(model._meta.db_table, gateway, latest)
    rows = model._default_manager.select_for_update().filter(gateway=gateway, gateway_id__in=list(latest))
    known = {row.gateway_id: row for row in rows.order_by("pk")}  # type: ignore[attr-defined]
    kept = {
        gid: _compare(known[gid], each, adjust)
        if gid in known
        else Kept(
            model(
                gateway=gateway,
                gateway_id=gid,
                gateway_as_of=each.as_of,
                **{**each.at_birth, **each.values},
            ),
            "created",
        )
        for gid, each in latest.items()
    }
    _write(model, kept.values(), actor, machine)
    if history:
        entries = [made for each in kept.values() for made in _entries(each, actor, now, quiet)]
        HistoryEntry.objects.bulk_create(entries)
    return kept


def _compare(row: Any, told: Told, adjust: Adjust | None) -> Kept:
    if told.as_of is None:
        return Kept(row, "same")
    is_older = row.gateway_as_of is not None and told.as_of < row.gateway_as_of
    if is_older and not told.partly:
        return Kept(row, "older")
    values = dict(told.values)
    if adjust:
        values = adjust(row, values)
    was = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    if not was and row.gateway_as_of is not None:
        return Kept(row, "same")
    for name in was:
        setattr(row, name, values[name])
    if not is_older:
        row.gateway_as_of = told.as_of
    return Kept(row, "changed", was)


def _write(model: type[models.Model], kept: Collection[Kept], actor: Actor, machine: Machine | None) -> None:
    changed = [each for each in kept if each.outcome == "changed"]
    if machine is not None:
        for each in changed:
            if "state" in each.was:
                machine.require(each.was["state"], each.row.state, by_gateway=actor.kind == "gateway")
    model._default_manager.bulk_create([each.row for each in kept if each.outcome == "created"])
    if changed:
        columns = sorted({name for each in changed for name in each.was} | {"gateway_as_of"})
        model._default_manager.bulk_update([each.row for each in changed], columns)


def _entries(kept: Kept, actor: Actor, now: datetime, quiet: Collection[str]) -> Iterable[HistoryEntry]:
    row = kept.row
    if kept.outcome == "created":
        facts: dict[str, Any] = {"only_mentioned": True} if row.gateway_as_of is None else {}
        yield entry(row, "created", actor=actor, now=now, to_state=getattr(row, "state", ""), **facts)
    elif kept.outcome == "changed":
        others = {name: old for name, old in kept.was.items() if name != "state"}
        facts = {
            "changed": {
                name: [] if name in quiet else [_plain(old), _plain(getattr(row, name))]
                for name, old in others.items()
            }
        }
        if "state" in kept.was:
            yield entry(
                row,
                "state",
                actor=actor,
                now=now,
                from_state=kept.was["state"],
                to_state=row.state,
                **(facts if others else {}),
            )
        elif others:
            yield entry(row, "changed", actor=actor, now=now, **facts)


def _plain(value: Any) -> Any:
    """As JSON can hold it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value
