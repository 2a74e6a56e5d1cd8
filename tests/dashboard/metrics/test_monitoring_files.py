"""The dashboard and the alert rules in docs/monitoring name only what /metrics emits."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from billing.metrics.catalogue import METRICS
from dashboard.metrics.exposition import GAUGES, names

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "monitoring"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
NAME = re.compile(r"countinghouse_[a-z_]+")
LABELS = {label.name for metric in METRICS for label in metric.labels} | {"le"}
WORDS = {word for metric in METRICS for label in metric.labels for word in label.among}


def dashboard() -> dict[str, Any]:
    return json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))


def rules() -> list[dict[str, str]]:
    """The rules of the file, which is YAML of one shape: two spaces a level, an expression as a block."""
    found: list[dict[str, str]] = []
    lines = (FOLDER / "alert-rules.yaml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "\t" in line] == []
    assert [line for line in lines if line and (len(line) - len(line.lstrip())) % 2] == []
    assert lines[1:4] == ["groups:", "  - name: countinghouse", "    rules:"]
    for at, line in enumerate(lines[4:], 4):
        key, colon, value = line.strip().partition(":")
        if line.startswith("      - alert:"):
            found.append({"alert": value.strip()})
        elif line == "        expr: |":
            assert lines[at + 1].startswith("          ")
            found[-1]["expr"] = lines[at + 1].strip()
        elif colon and key in ("for", "severity", "summary", "runbook"):
            found[-1][key] = value.strip()
    return found


def expressions() -> Iterator[tuple[str, str]]:
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]
    for rule in rules():
        yield rule["alert"], rule["expr"]


def test_every_metric_named_is_emitted() -> None:
    emitted = set(names())
    named = {name for _, expression in expressions() for name in NAME.findall(expression)}
    assert len(named) > 20
    assert named - emitted == set()


def test_every_metric_is_on_the_dashboard_and_explained() -> None:
    shown = " ".join(expression for _, expression in expressions())
    for metric in METRICS:
        assert metric.public_name in shown, metric.name
        assert f"`{metric.name}" in README, metric.name


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_expressions_are_whole(where: str, expression: str) -> None:
    bare = re.sub(r'"[^"]*"', '""', expression)
    assert expression.count('"') % 2 == 0
    waiting: list[str] = []
    for sign in bare:
        if sign in "([{":
            waiting.append(sign)
        elif sign in ")]}":
            assert waiting and waiting.pop() + sign in ("()", "[]", "{}"), where
    assert waiting == []
    for grouped in re.findall(r"by \(([^)]*)\)", bare):
        assert {word.strip() for word in grouped.split(",")} <= LABELS, where
    for label, value in re.findall(r'(\w+)=~?"([^"]*)"', expression):
        assert label in LABELS, where
        if label in ("reason", "outcome", "result"):
            assert set(value.split("|")) <= WORDS, where


def test_rules_say_how_grave_and_what_to_do() -> None:
    headings = {
        re.sub(r"[^a-z ]", "", line[4:].lower()).replace(" ", "-")
        for line in README.splitlines()
        if line.startswith("### ")
    }
    assert len(rules()) >= 8
    for rule in rules():
        assert set(rule) == {"alert", "expr", "for", "severity", "summary", "runbook"}, rule
        assert re.fullmatch(r"\d+[mh]", rule["for"])
        assert rule["severity"] in ("warning", "critical")
        assert rule["runbook"].strip('"').partition("#")[2] in headings, rule["alert"]


def test_panels_do_not_overlap_and_have_one_id_each() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        box = panel["gridPos"]
        cells = {
            (x, y) for x in range(box["x"], box["x"] + box["w"]) for y in range(box["y"], box["y"] + box["h"])
        }
        assert box["x"] + box["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_gauge_can_be_read() -> None:
    assert set(GAUGES) == {metric.name for metric in METRICS if metric.kind == "gauge"}
