"""Reading the sums."""

import json
from collections import defaultdict
from dataclasses import dataclass, field

from billing.metrics.catalogue import BY_NAME, Metric
from billing.metrics.models import MetricTotal


@dataclass(slots=True)
class Sum:
    """One series: its label values in the catalogue's order, and its figure or its times."""

    labels: tuple[str, ...]
    value: int = 0
    microseconds: int = 0
    by_bucket: dict[str, int] = field(default_factory=dict)

    def cumulative(self, metric: Metric) -> list[tuple[str, int]]:
        """How many times were at most so many seconds, for each bound; the last is "+Inf"."""
        reached, found = 0, []
        for bound in (*metric.buckets, "+Inf"):
            reached += self.by_bucket.get(bound, 0)
            found.append((bound, reached))
        return found

    @property
    def count(self) -> int:
        return sum(self.by_bucket.values())


def sums() -> dict[str, list[Sum]]:
    """Every series of the catalogue by the metric's name, in the order of its labels. The table has a row for
    each series and bucket, whose number the catalogue bounds."""
    found: dict[str, dict[str, Sum]] = defaultdict(dict)
    rows = MetricTotal.objects.order_by("name", "labels", "part")
    for name, words, part, value in rows.values_list("name", "labels", "part", "value"):
        metric = BY_NAME.get(name)
        labels = tuple(json.loads(words))
        if metric is None or len(labels) != len(metric.labels):
            continue  # counted by an older version, under labels of its own
        series = found[name].setdefault(words, Sum(labels))
        if part == "":
            series.value = value
        elif part == "sum":
            series.microseconds = value
        else:
            series.by_bucket[part] = value
    return {name: list(of.values()) for name, of in found.items()}


def at_most(metric: Metric, series: Sum, share: int) -> str:
    """The bound, in seconds, below which ``share`` percent of the times stay; "" when there are none."""
    needed = series.count * share
    if not needed:
        return ""
    return next(bound for bound, reached in series.cumulative(metric) if reached * 100 >= needed)
