"""The two commands as they are written down: targets, requirement files, continuous integration."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BEFORE_ANY_ENVIRONMENT = ("__init__", "local/__init__", "local/say", "local/tools", "local/environment")


def test_make_alone_lists_every_target():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    written = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):", written, re.MULTILINE))
    assert {"run", "test", "pictures", "bench", "reset"} <= targets
    assert set(re.findall(r"^  (\S+) +\S", listed, re.MULTILINE)) == targets
    assert set(re.search(r"^\.PHONY: (.*)$", written, re.MULTILINE)[1].split()) == targets


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_each_requirement_is_pinned_and_hashed_and_none_names_an_address(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE), flags=re.I)
    entries = [entry for entry in entries if entry.strip()]
    assert len(entries) > 30
    for entry in entries:
        assert re.match(r"[A-Za-z0-9_.\[\]-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_continuous_integration_runs_what_a_developer_runs():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert re.search(r"^(exec )?make test$", script.read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", BEFORE_ANY_ENVIRONMENT)
def test_what_runs_before_the_environment_is_written_for_the_system_s_python(name):
    source = (ROOT / "dashboard" / f"{name}.py").read_text()
    tree = ast.parse(source, feature_version=(3, 9))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for imported in names:
            first = imported.split(".")[0]
            assert first in sys.stdlib_module_names or imported.startswith("dashboard.local."), imported


def test_nothing_on_the_machine_is_called_by_a_flag_that_only_linux_knows():
    commands = (ROOT / "Makefile").read_text() + (ROOT / ".ci" / "run").read_text()
    for word in ("sed -i", "readlink -f", "grep -P", "xargs -r", "date -d", "sort -V", "realpath", "stat -c"):
        assert word not in commands
