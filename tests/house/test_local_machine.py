"""What this machine has or lacks: uv, an environment, Pango, a browser. Each lack is a sentence."""

import ctypes.util
import stat
from pathlib import Path

import pytest

from dashboard.local import browser, documents, environment, tools
from dashboard.local.say import Stop


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with a uv on its PATH that only complains, and no tool of ours."""
    program(tmp_path / "bin" / "uv", "echo 'pyenv: uv: command not found' >&2; exit 127")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(tools, "TOOLS", tmp_path / "tools")
    return tmp_path


def test_a_uv_that_does_not_work_is_passed_over_for_the_one_below_var(bare):
    kept = program(bare / "tools" / "uv" / "bin" / "uv", "echo uv 0.9")
    assert tools.find_uv() == str(kept)


def test_without_any_way_to_a_uv_the_sentence_says_how_to_install_it(bare, monkeypatch):
    for way in ("by_pip", "by_venv", "by_fetched_pip"):
        monkeypatch.setattr(tools, way, lambda: None)
    with pytest.raises(Stop, match=r"uv could not be installed .* `brew install uv` on macOS"):
        tools.find_uv()


def test_a_fetched_pip_that_is_not_the_announced_one_is_refused(bare, monkeypatch):
    wheel = "pip-25.0-py3-none-any.whl"
    answers = {
        "https://index.example/simple/pip/": f'<a href="../{wheel}#sha256={"0" * 64}">'.encode(),
        f"https://index.example/simple/{wheel}": b"something else",
    }

    class Answer:
        def __init__(self, address, timeout):
            self.body = answers[address]

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

        def read(self):
            return self.body

    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setattr(tools.urllib.request, "urlopen", Answer)
    with pytest.raises(Stop, match="is not the one it announced"):
        tools.by_fetched_pip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    files = {"run": tmp_path / "requirements.txt", "test": tmp_path / "requirements-test.txt"}
    for kind, file in files.items():
        file.write_text(f"# {kind}\n")
    monkeypatch.setattr(environment, "FILES", files)
    monkeypatch.setattr(environment, "STAMP", tmp_path / "installed")
    monkeypatch.setattr(environment, "python_works", lambda: True)
    return tmp_path


def test_an_environment_is_ready_until_a_requirement_file_changes(checkout):
    assert not environment.is_ready("run")
    environment.STAMP.write_text(environment.fingerprint("run"))
    assert environment.is_ready("run")
    assert not environment.is_ready("test")
    (checkout / "requirements.txt").write_text("# changed\n")
    assert not environment.is_ready("run")


def test_an_environment_for_tests_is_one_to_run_with(checkout):
    environment.STAMP.write_text(environment.fingerprint("test"))
    assert environment.is_ready("run")


def test_an_environment_whose_python_is_gone_is_made_again(checkout, monkeypatch):
    environment.STAMP.write_text(environment.fingerprint("run"))
    monkeypatch.setattr(environment, "python_works", lambda: False)
    assert not environment.is_ready("run")


@pytest.mark.parametrize(
    ("system", "remedy"), [("linux", "libpango-1.0-0"), ("darwin", "brew install pango")]
)
def test_without_pango_the_sentence_names_the_package_and_the_desk_goes_on(monkeypatch, system, remedy):
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(documents, "_loads", lambda name: False)
    monkeypatch.setattr(documents, "HOMEBREW", ())
    monkeypatch.setattr(documents.sys, "platform", system)
    sentence = documents.missing_library()
    assert remedy in sentence
    assert sentence.endswith("Everything else works without.")


def test_a_pango_that_is_there_is_not_complained_about(monkeypatch):
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: f"lib{name}.so")
    assert documents.missing_library() == ""


def test_a_browser_that_was_named_wrongly_is_refused(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(Stop, match="CHROMIUM is '/nowhere/chromium', which is no program"):
        browser.find()


def test_a_browser_that_was_named_is_taken(tmp_path, monkeypatch):
    named = program(tmp_path / "my-chromium", "exit 0")
    monkeypatch.setenv("CHROMIUM", str(named))
    assert browser.find() == str(named)
