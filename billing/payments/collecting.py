"""Collecting what is due: in batches, as fast as the gateways take it, by as many processes as there are.

A batch is written in one transaction, called by a few threads outside of any, and recorded as the answers
come in. Two sweeps never take the same invoice: the rows that one holds are passed over by the other.
"""

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Event, Thread

from django.db import connections, transaction

from billing.errors import Refused
from billing.gateways.errors import NotSetUp, Unreachable
from billing.gateways.pacing import Shut, admit, is_shut, may_call
from billing.gateways.registry import charger_named
from billing.history.actors import Actor, system
from billing.history.context import acting
from billing.history.services import record
from billing.invoices.models import Invoice
from billing.logs import add_facts, service
from billing.payments.charging import Answer, NotCalled, call, hear, record_answers
from billing.payments.following import follow
from billing.payments.promising import Order, charging_gateways, promise

WORKER = system("worker")
BATCH = 50
THREADS = 12
#: Answers are recorded together as long as they come this close to one another.
GATHER, AT_ONCE = 0.02, 25
LONGEST_RUN = timedelta(minutes=10)


@dataclass(slots=True)
class Swept:
    """What a sweep did: invoices charged (with whatever answer), and those that could not be."""

    charged: int = 0
    refused: int = 0
    shut: set[str] = field(default_factory=set)


@service("payments")
def sweep(*, now: datetime, most: int | None = None) -> Swept:
    """Charges every open invoice whose `collect_at` has come, oldest first, ``most`` of them at most.

    One that cannot be charged (no method on file) is taken off the list with the reason in its history. A
    gateway that does not answer is left alone by all processes, and its invoices stay due.
    """
    done, after, begun = Swept(), (datetime.min.replace(tzinfo=now.tzinfo), 0), time.monotonic()
    with acting(WORKER):
        while most is None or done.charged < most:
            trying = _doors(done, now)
            if not charging_gateways() - done.shut or time.monotonic() - begun > LONGEST_RUN.total_seconds():
                break
            size = 1 if trying else min(BATCH, (most or BATCH) - done.charged if most else BATCH)
            due = _due(now, after, size)
            if not due:
                break
            after = due[-1]
            _batch([pk for _, pk in due], done, now)
    add_facts(charged=done.charged, refused=done.refused, shut=sorted(done.shut))
    return done


def _doors(done: Swept, now: datetime) -> bool:
    """Notes the gateways that are left alone; gives whether one of the others is only being tried."""
    done.shut, trying = set(), False
    for name in charging_gateways():
        try:
            trying = not admit(name, now=now) or trying
        except Shut:  # quiet: its invoices stay due, and the sweep says which gateway it was
            done.shut.add(name)
    return trying


def _due(now: datetime, after: tuple[datetime, int], size: int) -> list[tuple[datetime, int]]:
    at, pk = after
    rows = Invoice.objects.filter(state="open", gateway="", collect_at__lte=now, collect_at__gte=at)
    rows = rows.exclude(collect_at=at, pk__lte=pk).order_by("collect_at", "pk")
    return [(when, found) for when, found in rows.values_list("collect_at", "pk")[:size] if when]


def _batch(invoice_ids: list[int], done: Swept, now: datetime) -> None:
    promised = promise(invoice_ids, actor=WORKER, now=now, waiting=False, without=done.shut)
    # One that somebody is just paying stays due: they may go again without.
    refused = {pk: no for pk, no in promised.refused.items() if no.code != "already_charging"}
    if refused:
        _take_off(refused, WORKER, now)
        done.refused += len(refused)
    done.charged += _charge(promised.orders, now)


@transaction.atomic
def _take_off(refused: dict[int, Refused], actor: Actor, now: datetime) -> None:
    """They would be refused again by the next sweep; what makes them due again says so."""
    rows = Invoice.objects.select_for_update().filter(pk__in=list(refused), collect_at__isnull=False)
    invoices = list(rows.order_by("pk"))
    for invoice in invoices:
        no = refused[invoice.pk]
        invoice.collect_at = None
        invoice.save(update_fields=["collect_at"])
        record(invoice, "not_charged", actor=actor, now=now, reason=no.sentence, code=no.code)
    follow([each for each in invoices if refused[each.pk].code == "nothing_owed"], actor=actor, now=now)


def _charge(orders: list[Order], now: datetime) -> int:
    """Calls for all of them at the gateways' pace, and records each answer soon after it came. Gives how
    many were called: once a gateway is found dead, nobody calls it any more."""
    if not orders:
        return 0
    waiting, answers, stop = deque(orders), SimpleQueue[tuple[Order, Answer]](), Event()
    threads = [
        Thread(target=_work, args=(waiting, answers, stop, now), daemon=True)
        for _ in range(min(THREADS, len(orders)))
    ]
    for each in threads:
        each.start()
    while told := _gathered(answers, threads):
        for order, answer in told:
            if not _is_silence(answer):
                hear(order.gateway, answer, now=now)
        record_answers(told, now=now)
    for each in threads:
        each.join()
    record_answers([(order, NotCalled()) for order in waiting], now=now)
    return len(orders) - len(waiting)


def _gathered(
    answers: SimpleQueue[tuple[Order, Answer]], threads: list[Thread]
) -> list[tuple[Order, Answer]]:
    """The next answers, as many as have come; none once every thread has ended and all is told."""
    told: list[tuple[Order, Answer]] = []
    while len(told) < AT_ONCE:
        try:
            told.append(answers.get(timeout=GATHER if told else 0.2))
        except Empty:  # quiet: nothing has come in this moment
            if told or not (any(each.is_alive() for each in threads) or not answers.empty()):
                break
    return told


def _work(
    waiting: deque[Order], answers: SimpleQueue[tuple[Order, Answer]], stop: Event, now: datetime
) -> None:
    """One thread: the next order, its turn, its call, until there are none or nobody is to call any more."""
    try:
        while not stop.is_set():
            try:
                order = waiting.popleft()
            except IndexError:  # quiet: all are taken
                return
            answer = _in_turn(order)
            if _is_silence(answer):
                # Told at once, so that the others do not run into the same wall.
                hear(order.gateway, answer, now=now)
                if is_shut(order.gateway, now=now):
                    stop.set()
            answers.put((order, answer))
    finally:
        connections.close_all()


def _is_silence(answer: Answer) -> bool:
    return isinstance(answer, Unreachable) and answer.code != "rate_limited"


def _in_turn(order: Order) -> Answer:
    try:
        a_second = charger_named(order.gateway).calls_a_second
    except NotSetUp as trouble:
        return trouble
    while not (granted := may_call(order.gateway, a_second=a_second, wanted=1)).calls:
        time.sleep(min(granted.wait.total_seconds(), 1))
    return call(order)
