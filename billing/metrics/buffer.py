"""What this process has counted and not yet written. A call costs a look-up and one addition."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from threading import Lock
from typing import Any

import structlog
from django.conf import settings

from billing.metrics.catalogue import BY_NAME, Label, Metric

log = structlog.get_logger("billing.metrics")

#: name, labels, part
type Series = tuple[str, str, str]

OTHER = "other"
CLEAN = re.compile(r"[A-Za-z0-9_.:/ -]{1,80}")
MICROSECONDS = 1_000_000

_lock = Lock()
_sums: Counter[Series] = Counter()
_seen: dict[tuple[str, str], set[str]] = {}
_known: dict[tuple[Any, ...], str] = {}
MOST_KNOWN = 5_000
_labels = {metric.name: frozenset(label.name for label in metric.labels) for metric in BY_NAME.values()}
_bounds = {
    metric.name: tuple((int(Decimal(text) * MICROSECONDS), text) for text in metric.buckets)
    for metric in BY_NAME.values()
}


def add(name: str, kind: str, n: int, labels: Mapping[str, str]) -> None:
    """Adds to a counter (``n`` times) or to the times (``n`` microseconds)."""
    metric = BY_NAME.get(name)
    if metric is None or metric.kind != kind or n < 0:
        _misused(f"billing/metrics/catalogue.py has no {kind} {name}, or the number is negative.")
        return
    if _labels[name] != labels.keys():
        _misused(f"{name} has the labels {[label.name for label in metric.labels]}, not {sorted(labels)}.")
        return
    with _lock:
        words = _words_of(metric, labels)
        if kind == "counter":
            _sums[name, words, ""] += n
        else:
            _sums[name, words, _bucket(name, n)] += 1
            _sums[name, words, "sum"] += n


def take() -> dict[Series, int]:
    """Everything that waits to be written; nothing is left behind."""
    with _lock:
        taken = dict(_sums)
        _sums.clear()
    return taken


def put_back(taken: Mapping[Series, int]) -> None:
    """What could not be written waits again, beside what has been counted since."""
    with _lock:
        _sums.update(taken)


def remember(known: Iterable[tuple[str, str]]) -> None:
    """Takes words that other processes have used (name, labels) into account before it is "other"."""
    with _lock:
        for name, words in known:
            metric = BY_NAME.get(name)
            for label, word in zip(metric.labels, json.loads(words), strict=False) if metric else ():
                _seen.setdefault((name, label.name), set()).add(word)


def forget() -> None:
    """As a process that has just begun: after a fork, and between tests."""
    global _lock
    _lock = Lock()
    _sums.clear()
    _seen.clear()
    _known.clear()


def _bucket(name: str, microseconds: int) -> str:
    return next((text for bound, text in _bounds[name] if microseconds <= bound), "+Inf")


def _words_of(metric: Metric, labels: Mapping[str, str]) -> str:
    """The labels as they are kept; remembered, because the same few come again and again."""
    key = (metric.name, *labels.items())
    known = _known.get(key)
    if known is None:
        known = json.dumps([_word(metric, label, labels[label.name]) for label in metric.labels])
        if len(_known) < MOST_KNOWN and OTHER not in known:
            _known[key] = known
    return known


def _word(metric: Metric, label: Label, value: str) -> str:
    if label.among:
        if value not in label.among:
            _misused(f"{metric.name} does not know {label.name} {value!r}.")
            return OTHER
        return value
    word = value if CLEAN.fullmatch(value) else OTHER if value else ""
    seen = _seen.setdefault((metric.name, label.name), set())
    if word in seen:
        return word
    if len(seen) >= label.most:
        return OTHER
    seen.add(word)
    return word


def _misused(sentence: str) -> None:
    """A slip of ours: found at home and in tests, and no reason to fail a customer's payment."""
    if not settings.PRODUCTION:
        raise ValueError(sentence)
    log.error("metric_misused", sentence=sentence)
