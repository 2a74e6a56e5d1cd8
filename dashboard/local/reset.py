"""`make reset`: drop the database that `make run` filled; the next run fills a new one.

Asks first, naming what goes; YES=1 answers for whoever cannot be asked.
"""

from __future__ import annotations

import os
import sys

import psycopg
from psycopg import sql

from dashboard.local import children, database, postgres
from dashboard.local.children import Memory
from dashboard.local.say import Stop, complain, say
from dashboard.local.with_database import running_database

TOLD = ("customer", "invoice", "payment", "refund")


def main() -> int:
    """0 when the data is gone or was to be kept."""
    if database.is_external():
        raise Stop("DATABASE_URL names a server of your own; `make reset` drops only the embedded database.")
    memory = Memory.read()
    if memory is not None and children.is_ours(memory.run):
        raise Stop("The desk is running on this data; stop it first (Ctrl-C there, or `make stop`).")
    name = postgres.database_name()
    with running_database():
        content = what_is_in_it()
        if not agreed(name, content):
            say("Nothing was dropped.")
            return 0
        postgres.drop_database(name)
        postgres.create_database(name)
    say(f"Dropped the database {name}: {content}. `make run` fills a new one.")
    return 0


def agreed(name: str, content: str) -> bool:
    """Whether whoever sits at the terminal, or YES=1, wants the data gone."""
    if os.environ.get("YES", "").strip().lower() in {"1", "yes", "true", "y"}:
        return True
    if not sys.stdin.isatty():
        raise Stop(f"This would drop the database {name} ({content}); say `make reset YES=1` to do it.")
    say(f"This drops the database {name} in {postgres.data_directory()}: {content}.")
    return input("Type yes to drop it: ").strip().lower() == "yes"


def what_is_in_it() -> str:
    """The numbers of the rows that people would miss, in words."""
    counted = []
    with psycopg.connect(postgres.url(postgres.OWNER)) as connection:
        for noun in TOLD:
            table = f"billing_{noun}"
            known = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
            if known and known[0]:
                statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
                found = connection.execute(statement).fetchone()
                rows = found[0] if found else 0
                counted.append(f"{rows:,} {noun}{'' if rows == 1 else 's'}")
    return ", ".join(counted) or "no tables yet"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as reason:
        complain(str(reason))
        sys.exit(1)
