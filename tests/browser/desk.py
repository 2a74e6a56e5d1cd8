"""A desk as people use it: the web server and the worker that `make run` starts, on a database of its own."""

import contextlib
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dashboard.local import children, run
from tests.browser import books
from tests.ports import free_port

LOGS = books.ROOT / "var" / "log" / "browser"
READY_WITHIN = 180.0
PATIENCE = 120.0  # seconds in which a worker on a loaded machine does what a journey queued

# What the worker has before it: jobs that could run, and messages of gateways that nobody has looked at.
AT_WORK = """
SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'doing'
               OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())))
    OR EXISTS (SELECT FROM billing_webhookevent WHERE state = 'received')
"""


class Desk:
    """Open while in its `with` block. Webhooks of the sandbox reach it as any gateway's would, over HTTP.

    Its worker does what is queued and starts nothing by the clock, so that between two looks at a page
    nothing changes but what somebody did. Whoever needs schedules opens it with `WORKER_SCHEDULES="yes"`.
    """

    def __init__(self, database: str, **variables: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.database = database
        self.mail = LOGS / f"mail-{self.port}"
        self.own = {
            "PUBLIC_URL": self.url,
            "EMAIL_URL": self.mail.as_uri(),
            "WORKER_SCHEDULES": "no",
            **variables,
        }
        self.variables = {
            **os.environ,
            "DATABASE_NAME": self.database,
            "PYTHONUNBUFFERED": "1",
            **self.own,
        }
        self.programs: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Desk":
        LOGS.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.mail, ignore_errors=True)  # an earlier session's, that had the same port
        try:
            for name, command in run.commands(self.port).items():
                self.start(name, command)
            self._wait()
            self.at_rest()
        except BaseException:
            self.__exit__()
            raise
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

    def stop(self, name: str, patience: float = run.WORKER_PATIENCE) -> None:
        """Let one of the programs finish what it is at, and end it."""
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

    def at_rest(self) -> None:
        """Wait until the worker has done all that there is to do."""
        eventually(lambda: not self.one(AT_WORK), "the worker is through", READY_WITHIN, self._last_words)

    def until(self, statement: str, *values: Any, within: float = PATIENCE) -> Any:
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
    ask: Callable[[], Any], what: str, within: float = PATIENCE, explain: Callable[[], str] = lambda: ""
) -> Any:
    """What `ask` gives as soon as it is true; a failure that says what was waited for otherwise."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if answer := ask():
            return answer
        time.sleep(0.15)
    raise AssertionError(f"not within {within:.0f} s: {what}\n{explain()}")


@contextlib.contextmanager
def opened(book: str = "journeys", **variables: str) -> Iterator[Desk]:
    """A desk on a fresh copy of one of the books: "journeys", "demo" or "empty"."""
    with Desk(books.copy(book), **variables) as desk:
        yield desk


__all__: Sequence[str] = ("PATIENCE", "Desk", "eventually", "opened")
