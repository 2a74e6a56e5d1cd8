"""Carrying an import out, page by page: what a page says and how far the import is commit together."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from billing.errors import Conflict, Missing, Refused
from billing.gateways.errors import Garbage, GatewayError, GatewayRefused, Unreachable
from billing.history.actors import Actor, gateway
from billing.history.context import acting
from billing.imports.fetching import fetch, named_by
from billing.imports.stages import STAGES, Counted, Page, Stage
from billing.imports.taking import KINDS, Body, Manner, Written, take
from billing.jobs.models import Run, RunRow, RunState
from billing.logs import add_facts, note_odd, service

#: One import of an account at a time, whoever runs it; the lock goes with the process that holds it.
LOCK = 0x5374_7269_7065
#: Seconds between the tries to reach the gateway.
WAITS = (1, 2, 4, 8, 16, 30)
#: What one object may raise without stopping the others.
OF_ONE_OBJECT = (
    Refused,
    Garbage,
    GatewayRefused,
    ValueError,
    TypeError,
    LookupError,
    IntegrityError,
    DataError,
)
TRIES_AFTER_DEADLOCK = 5

type Clock = Callable[[], datetime]
type Sleep = Callable[[float], None]


class NeedsFirst(Exception):
    """A page names objects that have to be fetched before it can be recorded."""

    def __init__(self, wanted: set[tuple[str, str]]) -> None:
        super().__init__(wanted)
        self.wanted = wanted


@service("imports")
def run_import(*, run_id: int, clock: Clock = timezone.now, sleep: Sleep = time.sleep) -> Run:
    """Carries the run out from where it stands until it is done or cannot go on; gives the run.

    Raises `Conflict` when this or another import is at work already. A run that stopped for want of the
    gateway is failed with a sentence and goes on at its cursor when it is resumed.
    """
    with _alone():
        run = Run.objects.get(pk=run_id)
        if run.state in (RunState.DONE, RunState.CANCELED):
            return run
        _save(
            run,
            state=RunState.RUNNING,
            message="",
            started_at=run.started_at or clock(),
            heartbeat_at=clock(),
        )
        actor = gateway("stripe")
        with acting(actor, request_id=f"import-{run.pk}", reason=f"Import by {run.started_by_name}"):
            try:
                finished = _stages(run, actor, clock, sleep)
            except GatewayError as error:
                sentence = f"{error.message} The import stands where it stopped: resume it."
                _save(run, state=RunState.FAILED, message=sentence[:500], heartbeat_at=clock())
                finished = False
        if finished:
            _save(run, state=RunState.DONE, stage="", finished_at=clock(), heartbeat_at=clock())
        add_facts(run=run.pk, state=run.state, done=run.done, failed=run.failed)
        return run


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise Conflict("import_running", "An import is running already; wait for it to end.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _stages(run: Run, actor: Actor, clock: Clock, sleep: Sleep) -> bool:
    """Every stage from the cursor's on; False when somebody canceled the run meanwhile."""
    names = [stage.name for stage in STAGES]
    first = names.index(run.cursor["stage"]) if run.cursor.get("stage") in names else 0
    for stage in STAGES[first:]:
        here = run.cursor.get("after", "") if run.cursor.get("stage") == stage.name else ""
        _save(run, stage=stage.label, cursor={"stage": stage.name, "after": here})
        while True:
            more = (
                _count(run, stage, actor, clock)
                if isinstance(stage, Counted)
                else _next_page(run, stage, actor, clock, sleep)
            )
            if run.state == RunState.CANCELED:
                return False
            if not more:
                break
    return True


def _count(run: Run, stage: Counted, actor: Actor, clock: Clock) -> bool:
    with transaction.atomic():
        if not _lock(run):
            return False
        step = stage.step(run.cursor["after"], Manner(actor, clock(), importing=True))
        if step is None:
            return False
        _advance(run, stage, step[0], seen=0, written=Written(changed=step[1]), failed=0, clock=clock)
        return True


def _next_page(run: Run, stage: Stage, actor: Actor, clock: Clock, sleep: Sleep) -> bool:
    try:
        page = _patiently(lambda: stage.page(run.cursor["after"], clock), run, clock, sleep)  # type: ignore[union-attr]
    except GatewayRefused as refusal:
        if refusal.code == "not_found":
            _result(run, stage, {"not_offered": True})
            return False
        if refusal.code == "resource_missing" and run.cursor["after"]:
            # What the cursor pointed at is gone: the stage begins again, which changes nothing.
            _save(run, cursor={"stage": stage.name, "after": ""})
            return True
        raise
    if page is None:
        return False
    tried: set[tuple[str, str]] = set()
    deadlocks = 0
    while True:
        try:
            return _record_page(run, stage, page, actor, clock, tried)
        except NeedsFirst as needs:
            for wanted in sorted(needs.wanted):
                tried.add(wanted)
                _fetch_first(wanted, run, actor, clock, sleep)
        except OperationalError:
            deadlocks += 1
            if deadlocks >= TRIES_AFTER_DEADLOCK:
                raise


def _fetch_first(wanted: tuple[str, str], run: Run, actor: Actor, clock: Clock, sleep: Sleep) -> None:
    """What cannot be fetched or recorded is noted; the object that named it then fails with its sentence."""
    try:
        _patiently(lambda: fetch(*wanted, actor=actor, clock=clock), run, clock, sleep)
    except OF_ONE_OBJECT as error:
        note_odd("imports.not_fetched", kind=wanted[0], gateway_id=wanted[1], why=_sentence(wanted[1], error))


def _patiently[T](ask: Callable[[], T], run: Run, clock: Clock, sleep: Sleep) -> T:
    """Asks again while the gateway does not answer, longer and longer; then lets it be known."""
    for wait in WAITS:
        try:
            return ask()
        except Unreachable as error:
            _save(run, heartbeat_at=clock(), message=f"{error.message} Trying again."[:500])
            sleep(min(60, max(wait, error.retry_after or 0)))
    return ask()


def _record_page(
    run: Run, stage: Stage, page: Page, actor: Actor, clock: Clock, tried: set[tuple[str, str]]
) -> bool:
    """Records a page and moves the cursor in one transaction; together if it can, else one by one."""
    with transaction.atomic():
        if not _lock(run):
            return False
        manner = Manner(actor, clock(), importing=True)
        failures: list[tuple[Body, str]] = []
        try:
            with transaction.atomic():
                written = take(stage.name, page.bodies, as_of=page.as_of, manner=manner)
        except OF_ONE_OBJECT:
            written, failures = _one_by_one(stage, page, manner, tried)
        _write_failures(run, stage, failures, clock)
        _advance(
            run, stage, page.cursor, seen=len(page.bodies), written=written, failed=len(failures), clock=clock
        )
    return True


def _one_by_one(
    stage: Stage, page: Page, manner: Manner, tried: set[tuple[str, str]]
) -> tuple[Written, list[tuple[Body, str]]]:
    """Raises `NeedsFirst` where fetching something may help some of them."""
    written = Written()
    failures: list[tuple[Body, str]] = []
    wanted: set[tuple[str, str]] = set()
    for body in page.bodies:
        try:
            with transaction.atomic():
                written += take(stage.name, [body], as_of=page.as_of, manner=manner)
        except OF_ONE_OBJECT as error:
            first = named_by(error) if isinstance(error, Missing) else None
            if first is not None and first not in tried:
                wanted.add(first)
            failures.append((body, _sentence(str(body.get("id")), error)))
    if wanted:
        raise NeedsFirst(wanted)
    return written, failures


def _sentence(gateway_id: str, error: BaseException) -> str:
    if isinstance(error, Refused):
        return error.sentence
    if isinstance(error, GatewayError):
        return error.message
    if isinstance(error, DatabaseError):
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "a rule"
        return f"{gateway_id} breaks what the books hold: {broken.replace('_', ' ')}."
    if isinstance(error, ValueError) and str(error):
        return str(error)
    return f"{gateway_id} cannot be read ({type(error).__name__})."


def _write_failures(run: Run, stage: Stage, failures: Sequence[tuple[Body, str]], clock: Clock) -> None:
    RunRow.objects.bulk_create(
        [
            RunRow(
                run=run,
                subject_kind=KINDS[stage.name].noun[:24],
                subject_id=run.failed + number,
                label=str(body.get("id"))[:160],
                ok=False,
                message=sentence[:500],
                done_at=clock(),
            )
            for number, (body, sentence) in enumerate(failures, 1)
        ]
    )


def _lock(run: Run) -> bool:
    """Holds the run for this page; False when somebody has canceled it."""
    fresh = Run.objects.select_for_update().get(pk=run.pk)
    run.state = fresh.state
    return fresh.state == RunState.RUNNING


def _advance(
    run: Run, stage: Stage, after: str, *, seen: int, written: Written, failed: int, clock: Clock
) -> None:
    before = run.result.get(stage.name, {})
    counts = {"seen": seen, "written": written.total, "created": written.created, "failed": failed}
    run.done += seen
    run.failed += failed
    run.result = {
        **run.result,
        stage.name: {
            **before,
            "asked_at": before.get("asked_at") or clock().isoformat(),
            **{name: before.get(name, 0) + count for name, count in counts.items()},
        },
    }
    run.cursor = {"stage": stage.name, "after": after}
    run.heartbeat_at = clock()
    run.message = ""
    run.save(update_fields=["done", "failed", "result", "cursor", "heartbeat_at", "message"])


def _result(run: Run, stage: Stage, told: dict[str, object]) -> None:
    _save(run, result={**run.result, stage.name: told})


def _save(run: Run, **columns: object) -> None:
    for name, value in columns.items():
        setattr(run, name, value)
    run.save(update_fields=list(columns))
