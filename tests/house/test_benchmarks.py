"""Each benchmark runs at a tiny size, compares like with like, and is told of in the README."""

from pathlib import Path

import pytest

from benchmarks.bench import Line, medians, rates
from benchmarks.ledger import run as ledger
from benchmarks.list_paging import run as list_paging
from benchmarks.refunds import run as refunds

ROOT = Path(__file__).resolve().parents[2] / "benchmarks"


def test_each_stands_in_the_readme() -> None:
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    scripts = sorted(path.parent.name for path in ROOT.glob("*/run.py"))
    assert {"billing_run", "ledger", "list_paging", "refunds", "webhooks"} <= set(scripts)
    assert [name for name in scripts if f"({name}/run.py)" not in told] == []


def test_a_ratio_is_ours_over_the_other() -> None:
    assert Line("page", 5.0, 20.0, "ms").ratio == 0.25


def test_both_sides_are_taken_in_turns() -> None:
    turns: list[str] = []
    medians({"ours": lambda: turns.append("ours"), "other": lambda: turns.append("other")}, 2)
    assert turns == ["ours", "other"] * 3
    assert set(rates({"ours": lambda: 5}, 1)) == {"ours"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("module", "sizes"), [(list_paging, (600, 1)), (refunds, (2, 4, 1)), (ledger, (3, 1, 5, 1, 3))]
)
def test_it_runs(module: object, sizes: tuple[int, ...]) -> None:
    lines = module.measure(*sizes)  # type: ignore[attr-defined]
    assert len(lines) >= 2
    assert all(line.ours > 0 and line.other > 0 for line in lines)
