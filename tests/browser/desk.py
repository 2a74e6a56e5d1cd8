"""A desk as people use it: the web server and the worker that `make run` starts, on a database of its own."""

import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dashboard.local import children, run
from tests.browser import books

LOGS = books.ROOT / "var" / "log" / "browser"
READY_WITHIN = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Desk:
    """Open while in its `with` block. Webhooks of the sandbox reach it as any gateway's would, over HTTP."""

    def __init__(self, source: str, **variables: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.database = books.copy(source)
        self.mail = LOGS / f"mail-{self.port}"
        self.own = {"PUBLIC_URL": self.url, "EMAIL_URL": self.mail.as_uri(), **variables}
        self.variables = {
            **os.environ,
            "DATABASE_NAME": self.database,
            "PYTHONUNBUFFERED": "1",
            **self.own,
        }
        self.programs: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Desk":
        LOGS.mkdir(parents=True, exist_ok=True)
        for name, command in run.commands(self.port).items():
            self.start(name, command)
        self._wait()
        return self

    def start(self, name: str, command: list[str] | None = None) -> None:
        """Start one of the programs, again when it was stopped."""
        with self.log(name).open("ab") as output:
            self.programs[name] = subprocess.Popen(
                command or run.commands(self.port)[name],
                cwd=books.ROOT,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, name: str, patience: float = 10) -> None:
        children.stop(self.programs.pop(name), patience)

    def __exit__(self, *_: object) -> None:
        for name in list(self.programs):
            self.stop(name)
        books.drop(self.database)

    def log(self, name: str) -> Path:
        return LOGS / f"{name}-{self.port}.log"

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the desk's database answers."""
        return books.rows(self.database, statement, values)

    def one(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.rows(statement, *values)
        return found[0][0] if found else None

    def manage(self, *arguments: str) -> str:
        return books.manage(self.database, *arguments, **self.own)

    def until(self, statement: str, *values: Any, within: float = 30) -> Any:
        """Ask until the answer is true, and give it; the worker's work takes a moment."""
        return eventually(lambda: self.one(statement, *values), statement, within, self._last_words)

    def _wait(self) -> None:
        eventually(self._answers, "the web server answers", READY_WITHIN, self._last_words)

    def _answers(self) -> bool:
        for name, program in self.programs.items():
            if program.poll() is not None:
                raise AssertionError(f"the {name} ended by itself\n{self._last_words()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/live/", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _last_words(self) -> str:
        said = []
        for name in ("web", "worker"):
            with contextlib.suppress(FileNotFoundError):
                lines = self.log(name).read_text(errors="replace").splitlines()[-12:]
                said.append(f"— {name}\n" + "\n".join(lines))
        return "\n".join(said)


def eventually(
    ask: Callable[[], Any], what: str, within: float = 30, explain: Callable[[], str] = lambda: ""
) -> Any:
    """What `ask` gives as soon as it is true; a failure that says what was waited for otherwise."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if answer := ask():
            return answer
        time.sleep(0.15)
    raise AssertionError(f"not within {within:.0f} s: {what}\n{explain()}")


@contextlib.contextmanager
def opened(demo: bool = True, **variables: str) -> Iterator[Desk]:
    """A desk on a fresh copy of the demo company's book, or on an empty one."""
    with Desk(books.book(demo=demo), **variables) as desk:
        yield desk


__all__: Sequence[str] = ("Desk", "eventually", "free_port", "opened")
