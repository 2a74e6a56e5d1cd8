"""docs/settings.md names every variable that is read, and none that is not; production.md sets only those."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
PRODUCTION = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
#: Of Python, the shell and the tests themselves; not of the desk.
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "PYTHONPATH", "DJANGO_ALLOW_ASYNC_UNSAFE"}
#: Only make knows it, and hands it on as an argument.
OF_MAKE = {"FILE"}


def read_by_settings() -> set[str]:
    """The names that the settings ask `env` for, there and in each folder's `environment`."""
    found = set()
    files = [*ROOT.glob("dashboard/settings/*.py"), *ROOT.glob("dashboard/*/environment.py")]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            if isinstance(of, ast.Name) and of.id == "env" and node.func.attr != "refuse" and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    found.add(str(name.value))
    return found


def read_by_the_programs() -> set[str]:
    """The names given to `os.environ` below dashboard/local."""
    found = set()
    for path in (ROOT / "dashboard" / "local").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'os\.environ(?:\.get\(|\[)"([A-Z_]+)"', text))
    return found - NOT_OURS


def rows() -> Iterator[tuple[set[str], list[str]]]:
    """The variables of each row of a table, and its other cells."""
    for line in SETTINGS.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        names = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", cells[0])) if line.startswith("| `") else set()
        if names:
            yield names, cells[1:]


def documented() -> set[str]:
    return {name for names, _ in rows() for name in names}


def test_every_variable_that_is_read_is_documented() -> None:
    assert read_by_settings() >= {"SECRET_KEY", "DATABASE_URL", "STRIPE_API_KEY"}
    assert (read_by_settings() | read_by_the_programs()) - documented() == set()


def test_every_variable_that_is_documented_is_read() -> None:
    assert documented() - read_by_settings() - read_by_the_programs() - OF_MAKE == set()


def test_each_stands_once_and_says_what_it_is() -> None:
    names = [name for group, _ in rows() for name in group]
    assert sorted(names) == sorted(set(names))
    assert [group for group, cells in rows() if not cells[-1]] == []


def test_production_sets_only_what_exists_and_all_that_is_required() -> None:
    block = PRODUCTION.partition("COUNTINGHOUSE_ENV=production")[2].partition("```")[0]
    used = {"COUNTINGHOUSE_ENV", *re.findall(r"^([A-Z_]+)=", block, re.M)}
    used |= set(re.findall(r"\b((?:DATABASE|STRIPE|TRUST|SANDBOX)[A-Z]*_[A-Z_]+)\b", PRODUCTION))
    assert used - documented() == set()
    required = {
        name for group, cells in rows() for name in group if len(cells) > 2 and cells[1] == "required"
    }
    assert required - used == set()
