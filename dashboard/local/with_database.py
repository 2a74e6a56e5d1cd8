"""Run one Python script of the checkout with the embedded database up, and leave the database as it was.

    python -m dashboard.local.with_database [--throwaway] SCRIPT [ARGUMENT …]

`--throwaway` uses the tests' server, whose data nobody keeps.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.local import database, postgres
from dashboard.local.say import Stop, complain

ROOT = Path(__file__).resolve().parents[2]
THROWAWAY = "var/postgres-test"


@contextmanager
def running_database(*, throwaway: bool = False) -> Iterator[None]:
    """The embedded server for a while; stopped afterwards if it did not run before."""
    if database.is_external():
        database.prepare_external()
        yield
        return
    if throwaway:
        os.environ["POSTGRES_DATA"] = THROWAWAY
    started = postgres.start()
    try:
        yield
    finally:
        if started:
            postgres.stop()


def main(arguments: list[str]) -> int:
    """The script's own outcome."""
    throwaway = arguments[:1] == ["--throwaway"]
    script = arguments[1:] if throwaway else arguments
    if not script or not (ROOT / script[0]).is_file():
        raise Stop(f"There is no {script[0] if script else 'script'} to run.")
    with running_database(throwaway=throwaway):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run([sys.executable, *script], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as reason:
        complain(str(reason))
        sys.exit(1)
