"""Prometheus' text format: the shared sums, and what is so now, asked of the database at this moment."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from billing.metrics.buffer import MICROSECONDS
from billing.metrics.catalogue import METRICS, Metric
from billing.metrics.queries import Sum, sums
from billing.notifications.queries import open_alerts
from billing.webhooks.watching import Inbox, inbox

type Now = Mapping[tuple[str, ...], int | float]
type Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily

#: Kinds of dead events told by name.
MOST_DEAD_KINDS = 100


def text(accept: str, now: datetime) -> tuple[bytes, str]:
    """The whole answer and its content type, in the format that the scraper asks for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collected(now))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class Collected(Collector):
    """Every metric of the catalogue, also those of which nothing has been counted yet."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterable[Family]:
        kept, state = sums(), inbox(self.now)
        for metric in METRICS:
            labels = [label.name for label in metric.labels]
            if metric.kind == "gauge":
                yield _gauge(metric, labels, GAUGES[metric.name](state, self.now))
            elif metric.kind == "times":
                yield _times(metric, labels, kept.get(metric.name, ()))
            else:
                yield _counter(metric, labels, kept.get(metric.name, ()))


def _counter(metric: Metric, labels: list[str], series: Iterable[Sum]) -> CounterMetricFamily:
    family = CounterMetricFamily(metric.public_name, metric.help, labels=labels)
    for each in series:
        family.add_metric(each.labels, each.value)
    return family


def _times(metric: Metric, labels: list[str], series: Iterable[Sum]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.public_name, metric.help, labels=labels)
    for each in series:
        buckets = each.cumulative(metric)
        family.add_metric(list(each.labels), buckets, each.microseconds / MICROSECONDS)
    return family


def _gauge(metric: Metric, labels: list[str], values: Now) -> GaugeMetricFamily:
    family = GaugeMetricFamily(metric.public_name, metric.help, labels=labels)
    for words, value in values.items():
        family.add_metric(words, value)
    return family


def _last_received(state: Inbox, now: datetime) -> Now:
    return {
        (sender.partition("/")[0], sender.partition("/")[2]): at.timestamp()
        for sender, at in state.last_heard.items()
    }


def _dead(state: Inbox, now: datetime) -> Now:
    return dict(sorted(state.dead.items(), key=lambda item: -item[1])[:MOST_DEAD_KINDS])


def _alerts(state: Inbox, now: datetime) -> Now:
    kinds = Counter(alert.kind for alert in open_alerts())
    return {(kind,): n for kind, n in kinds.items()} or {("any",): 0}


GAUGES: dict[str, Callable[[Inbox, datetime], Now]] = {
    "webhooks_lag_seconds": lambda state, now: {(): state.lag(now).total_seconds()},
    "webhooks_waiting": lambda state, now: {(): state.waiting},
    "webhooks_dead": _dead,
    "webhooks_last_received_timestamp_seconds": _last_received,
    "alerts_open": _alerts,
}


def names() -> Iterator[str]:
    """Every sample name that /metrics may hold."""
    for metric in METRICS:
        if metric.kind == "counter":
            yield f"{metric.public_name}_total"
        elif metric.kind == "times":
            yield from (f"{metric.public_name}{end}" for end in ("_bucket", "_count", "_sum"))
        else:
            yield metric.public_name
