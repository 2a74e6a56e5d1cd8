"""Small drawings as SVG attributes: the strict CSP leaves no room for inline styles."""

from typing import Any

METER_WIDTH, METER_GAP = 990, 3
SPARK_WIDTH, SPARK_TOP, SPARK_BOTTOM = 52, 3, 25


def bar_widths(total: int, used: int, other: int = 0) -> dict[str, Any]:
    """Whole units of 990: `used` first, then `other` behind a gap; never wider than the bar."""
    if total <= 0:
        return {"a": 0, "b": 0, "b_at": 0}
    a = min(METER_WIDTH, max(0, used) * METER_WIDTH // total)
    gap = METER_GAP if a and other > 0 and a + METER_GAP < METER_WIDTH else 0
    b = min(METER_WIDTH - a - gap, max(0, other) * METER_WIDTH // total) if other > 0 else 0
    return {"a": a, "b": max(0, b), "b_at": a + gap}


def spark_points(numbers: list[int]) -> dict[str, Any]:
    """The polyline of the numbers, highest at the top; fewer than two have no shape."""
    if len(numbers) < 2:
        return {"points": "", "last_y": "14"}
    low, high = min(numbers), max(numbers)
    span = high - low
    rise = SPARK_BOTTOM - SPARK_TOP

    def tenths(value: int) -> str:
        return f"{value // 10}.{value % 10}"

    heights = [
        tenths(10 * SPARK_BOTTOM - (10 * rise * (number - low) // span if span else 5 * rise))
        for number in numbers
    ]
    widths = [tenths(10 * SPARK_WIDTH * place // (len(numbers) - 1)) for place in range(len(numbers))]
    return {
        "points": " ".join(f"{x},{y}" for x, y in zip(widths, heights, strict=True)),
        "last_y": heights[-1],
    }
