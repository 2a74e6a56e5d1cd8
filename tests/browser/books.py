"""Databases of the browser tests: one book made as a newcomer's is, and quick copies of it.

Migrating and filling takes most of a minute; copying the result takes a fraction of a second. The book is
kept between sessions, with a fingerprint of what made it as the database's comment, and made anew when the
domain's code, the demo company or the day has changed (KEEP_BOOK=1 takes it as it is). Copies live as long as
the desk that works on them. Processes that test side by side make and copy it one after the other.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from dashboard.local import database, postgres
from dashboard.local.addresses import database_name

ROOT = Path(__file__).resolve().parents[2]
MADE_FROM = ("billing", "dashboard/migrations", "dashboard/staff", "dashboard/demo", "dashboard/management")
SELLING = ROOT / "tests" / "browser" / "selling.py"
CUSTOMERS, SEED = 300, 7
_numbers = count(1)


def prefix() -> str:
    """What the names of these databases begin with, beside those of the other tests."""
    return f"{os.environ.get('TEST_DATABASE_NAME') or f'test_{database_name()}'}_desk"


def address(name: str, *, owner: bool = False) -> str:
    """How to connect to a database: as the application, or as the role that owns it."""
    if not database.is_external():
        return postgres.url(postgres.OWNER if owner else postgres.APPLICATION, name)
    url = (owner and os.environ.get("DATABASE_OWNER_URL", "").strip()) or os.environ["DATABASE_URL"].strip()
    return make_conninfo(url, dbname=name)


def as_owner(statement: sql.Composable, at: str = "postgres") -> list[tuple[Any, ...]]:
    with psycopg.connect(address(at, owner=True), autocommit=True) as connection:
        answered = connection.execute(statement)
        return answered.fetchall() if answered.description else []


def rows(name: str, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """What a query on a database answers, asked with the application's rights."""
    with psycopg.connect(address(name), autocommit=True) as connection:
        return connection.execute(statement.encode(), values).fetchall()


def manage(name: str, *arguments: str, **variables: str) -> str:
    """Run a management command on a database; what it printed. Its failure fails the test, with its words."""
    return python(name, str(ROOT / "manage.py"), *arguments, **variables)


def python(name: str, *arguments: str, **variables: str) -> str:
    """Run a program of ours on a database, as `manage` does."""
    settings = {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "DATABASE_NAME": name}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **settings, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"{' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def book(kind: str) -> str:
    """The name of a database nobody works on: migrated ("empty"), with the demo company up to today in it
    ("demo"), or with what the journeys need beside that ("journeys")."""
    if not database.is_external():
        postgres.start()
    name = f"{prefix()}_{kind}"
    made_from = fingerprint(kind)
    found = comment(name)
    if found == made_from or (found and os.environ.get("KEEP_BOOK")):
        return name
    drop(name)
    if kind == "journeys":
        clone(book("demo"), name)
        python(name, "-m", "tests.browser.selling")
    else:
        as_owner(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        manage(name, "migrate", "--verbosity", "0")
        if kind == "demo":
            fill(name)
        manage(name, "demo_members")
    as_owner(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), made_from))
    return name


def fill(name: str) -> None:
    """Halden as of today: a list that opens on the last days has rows whenever the tests run."""
    if (ROOT / "dashboard/management/commands/demo.py").exists():
        today = datetime.now(UTC).date().isoformat()
        manage(name, "demo", "--customers", str(CUSTOMERS), "--seed", str(SEED), "--today", today)


def clone(source: str, name: str) -> None:
    as_owner(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(source)
        )
    )


def copy(kind: str) -> str:
    """A copy of a book, made first where there is none of today, for a desk to work on."""
    name = f"{prefix()}_{os.getpid()}_{next(_numbers)}"
    with alone():
        clone(book(kind), name)
    return name


@contextmanager
def alone() -> Iterator[None]:
    """One process at a time: a book in the making is no template, and nobody drops what another copies."""
    file = ROOT / "var" / "log" / "browser" / f"{prefix()}.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def drop(name: str) -> None:
    as_owner(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def comment(name: str) -> str:
    """The fingerprint that a book was made with; empty when there is no such book."""
    with suppress(psycopg.OperationalError):
        found = as_owner(
            sql.SQL(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = {}"
            ).format(name)
        )
        return str(found[0][0] or "") if found else ""
    return ""


def fingerprint(kind: str) -> str:
    """Of everything that a book is made from."""
    said = hashlib.sha256(f"{kind} {CUSTOMERS} {SEED} {datetime.now(UTC).date()}".encode())
    if kind == "journeys":
        said.update(SELLING.read_bytes())
    for folder in MADE_FROM:
        for file in sorted((ROOT / folder).rglob("*.py")):
            said.update(file.read_bytes())
    return said.hexdigest()
