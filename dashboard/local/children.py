"""The programs that a run starts: each in a session of its own, remembered on disk, stopped without orphans.

Ctrl-C in a terminal reaches every program of its group. The children are therefore in groups of their own, so
that the run alone decides who stops first; and what it started stands in var/run.json, so that the next run
finds what a killed one left behind.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.local.postgres import data_directory
from dashboard.local.processes import alive, command_of
from dashboard.local.say import say

ROOT = Path(__file__).resolve().parents[2]
LOG_LIMIT = 10 * 1024 * 1024


def log_file(name: str) -> Path:
    """Where a program's log is: beside the data it works on."""
    return data_directory().parent / "log" / f"{name}.log"


def memory_file() -> Path:
    """Where a run writes down what it started."""
    return data_directory().parent / "run.json"


@dataclass
class Memory:
    """What a run wrote down about itself: its process, its children, and whether the database is its own."""

    run: int = 0
    port: int = 0
    database: bool = False
    children: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Memory | None:
        """What the last run left, or None; a file cut short by a kill counts as none."""
        try:
            return cls(**json.loads(memory_file().read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write(self) -> None:
        file = memory_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(self.__dict__))
        fresh.replace(file)


def is_ours(pid: int) -> bool:
    """Whether a process belongs to this checkout: ids are given again to strangers after a restart."""
    return f"{ROOT}/" in command_of(pid)


def start(name: str, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a program whose output goes to the log of its name."""
    log = log_file(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def last_words(name: str, lines: int = 15) -> str:
    """The end of a program's log."""
    log = log_file(name)
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def stop(process: subprocess.Popen[bytes], patience: float) -> None:
    """Ask a program to end, wait so many seconds, then end it and whatever it started."""
    if process.poll() is None:
        _signal(process.pid, signal.SIGTERM, group=False)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    _signal(process.pid, signal.SIGKILL, group=True)
    process.wait()


def stop_orphans(memory: Memory, patience: float = 15) -> list[str]:
    """End what a killed run left running, and return its names."""
    left = [name for name, pid in memory.children.items() if is_ours(pid)]
    for name in left:
        pid = memory.children[name]
        _signal(pid, signal.SIGTERM, group=False)
        until = time.monotonic() + patience
        while alive(pid) and time.monotonic() < until:
            time.sleep(0.1)
        _signal(pid, signal.SIGKILL, group=True)
    if left:
        say(f"A previous run was killed and left its {' and '.join(left)} running; stopped.")
    return left


def _signal(pid: int, number: int, *, group: bool) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number) if group else os.kill(pid, number)
