"""Charts as data for plotly; colours are names of tokens, which the page's stylesheet answers."""

from typing import Any

from billing.money import exponent
from reports.overview.figures import decimals
from reports.overview.mrr import KINDS, MonthOfMrr

__all__ = ["mrr_chart"]

NAMES = {
    "new": "New", "expansion": "Expansion", "reactivation": "Reactivation", "contraction": "Contraction",
    "churn": "Churn",
}  # fmt: skip
STEPS = (1, 2, 5)


def mrr_chart(months: list[MonthOfMrr], currency: str, *, to_date: bool) -> dict[str, Any]:
    """Bars above and below zero for each month, and a line of what is left of both.

    Heights are whole units of the currency: a chart shows a shape, and the table beside it the cents.
    """
    scale = 10 ** exponent(currency)
    x = [f"{m.month:%b}" for m in months]
    net = [m.net // scale for m in months]
    bars = [
        {
            "type": "bar", "name": NAMES[kind], "x": x, "y": [m.by_kind[kind] // scale for m in months],
            "marker": {"color": f"token:c-{kind}", "line": {"width": 1, "color": "token:surface"}},
            "hovertemplate": "%{y:+,}",
        }
        for kind in KINDS
    ]  # fmt: skip
    lines = [
        {"type": "scatter", "mode": "lines", "x": x, "y": net,
         "line": {"color": "token:surface", "width": 5}, "hoverinfo": "skip"},
        {"type": "scatter", "mode": "lines", "name": "Net", "x": x, "y": net,
         "line": {"color": "token:ink", "width": 2}, "hovertemplate": "%{y:+,}"},
    ]  # fmt: skip
    gains = [sum(v for v in m.by_kind.values() if v > 0) // scale for m in months]
    losses = [sum(v for v in m.by_kind.values() if v < 0) // scale for m in months]
    highest, lowest = max([*gains, 1]), min([*losses, 0])
    step = _step(highest - lowest)
    ticks = list(range(lowest // step * step, highest + step, step))
    annotations = []
    if to_date:
        annotations.append(
            {"x": x[-1], "y": gains[-1], "text": "to date", "showarrow": False, "yanchor": "bottom",
             "font": {"size": 11, "color": "token:ink-3"}}
        )  # fmt: skip
    return {
        "data": [*bars, *lines],
        "layout": {
            "barmode": "relative", "xaxis": {},
            "yaxis": {"tickvals": ticks, "ticktext": [_tick(t) for t in ticks], "zeroline": True,
                      "range": [lowest - step // 2, highest + step * 2 // 3]},
            "annotations": annotations,
        },
    }  # fmt: skip


def _step(span: int) -> int:
    """A round step that gives about five ticks."""
    size = 1
    while True:
        for step in STEPS:
            if step * size * 5 >= span:
                return step * size
        size *= 10


def _tick(value: int) -> str:
    """+2.5k, −400, 0."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    size = abs(value)
    if size < 10_000:
        return f"{sign}{size:,}"
    if size % 1000 == 0:
        return f"{sign}{size // 1000:,}k"
    from fractions import Fraction

    return f"{sign}{decimals(Fraction(size, 1000), 1)}k"
