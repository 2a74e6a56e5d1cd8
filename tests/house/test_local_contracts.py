"""The import contracts name every folder that there is, and rules ask no clock."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
CLOCKS = {"now", "utcnow", "today", "localdate", "localtime", "monotonic", "perf_counter"}
PURE = [
    *ROOT.glob("billing/*/rules.py"),
    *(file for name in ("money", "periods", "ids", "errors") for file in ROOT.glob(f"billing/{name}/*.py")),
]


def named(contract: str) -> set[str]:
    return set(re.findall(r"\w+", " ".join(CONTRACTS[contract]["layers"])))


def folders(package: str) -> set[str]:
    return {file.parent.name for file in ROOT.glob(f"{package}/*/__init__.py")}


def test_each_noun_of_billing_has_its_floor():
    assert folders("billing") - {"migrations", "management"} <= named("floors")


def test_each_folder_of_screens_is_kept_apart_from_the_others():
    screens = {file.parent.name for file in ROOT.glob("dashboard/*/views.py")}
    assert screens <= named("screens")


@pytest.mark.parametrize("file", PURE, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_rule_is_told_the_time_and_never_asks(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert called not in CLOCKS, f"{file.relative_to(ROOT)}:{node.lineno} calls {called}()"
