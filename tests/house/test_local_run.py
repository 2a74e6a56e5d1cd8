"""`make run` as a whole: it opens, keeps its data, ends without orphans, and clears up after a killed run."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from dashboard.local import children
from dashboard.local.children import Memory
from dashboard.local.processes import alive
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240  # seconds; a first run migrates, and the machine may be busy
pytestmark = pytest.mark.xdist_group("run")


class Run:
    """One `make run` on data of its own, without the demo company."""

    def __init__(self, place: Path, **variables: str) -> None:
        self.place = place
        self.port = free_port()
        keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        own = {"POSTGRES_DATA": str(place / "postgres-test"), "PORT": str(self.port), "DEMO": "no"}
        self.output = (place / f"{self.port}.out").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.local.run"],
            cwd=ROOT,
            env={**keep, **own, **variables},
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def said(self) -> str:
        return Path(self.output.name).read_text()

    def until(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while words not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def opened(self) -> "Run":
        self.until(f"is open at http://localhost:{self.port}")
        return self

    def memory(self) -> dict:
        return json.loads((self.place / "run.json").read_text())

    def processes(self) -> list[int]:
        database = int((self.place / "postgres-test" / "postmaster.pid").read_text().split("\n")[0])
        return [*self.memory()["children"].values(), database]

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def all_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not any(map(alive, pids))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


def test_a_run_opens_the_desk_and_ends_without_orphans(place):
    run = Run(place).opened()
    with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/health/", timeout=60) as answer:
        assert answer.status == 200
    started = run.processes()
    assert len(started) == 3
    assert all(map(alive, started))
    assert "Nobody can sign in yet" in run.said()
    assert run.end() == 0
    assert all_gone(started)
    assert not (place / "run.json").exists()
    assert run.said().rstrip().endswith("Stopped.")


def test_a_second_run_beside_the_first_leaves_it_alone(place):
    first = Run(place).opened()
    second = Run(place)
    assert second.process.wait(PATIENCE) == 1
    assert f"already runs at http://localhost:{first.port}" in second.said()
    assert all(map(alive, first.processes()))
    assert first.end(signal.SIGTERM) == 0


def test_a_killed_run_is_cleared_up_by_the_next(place):
    killed = Run(place).opened()
    left = killed.processes()
    killed.end(signal.SIGKILL)
    assert all(map(alive, left))
    after = Run(place).opened()
    assert "left its worker and web running; stopped." in after.said()
    assert all_gone(left[:2])
    started = after.processes()
    assert after.end() == 0
    assert all_gone(started)


def test_a_program_that_dies_takes_the_run_down_with_its_name(place):
    run = Run(place).opened()
    started = run.processes()
    os.kill(run.memory()["children"]["worker"], signal.SIGKILL)
    assert run.process.wait(PATIENCE) == 1
    assert "The worker ended by itself" in run.said()
    assert all_gone(started)


def test_an_unreachable_server_of_one_s_own_is_one_sentence(place):
    run = Run(place, DATABASE_URL=f"postgresql://desk:hush-hush@127.0.0.1:{free_port()}/desk")
    assert run.process.wait(PATIENCE) == 1
    assert "DATABASE_URL: no database can be opened at 127.0.0.1:" in run.said()
    assert "hush-hush" not in run.said()
    assert "Traceback" not in run.said()


def test_a_memory_cut_short_by_a_kill_counts_as_none(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGRES_DATA", str(tmp_path / "postgres-test"))
    children.memory_file().write_text('{"run": 12, "chi')
    assert Memory.read() is None


def test_a_stranger_that_got_an_old_number_is_not_stopped(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGRES_DATA", str(tmp_path / "postgres-test"))
    stranger = subprocess.Popen(["sleep", "60"], cwd="/")
    try:
        assert children.stop_orphans(Memory(children={"worker": stranger.pid})) == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
