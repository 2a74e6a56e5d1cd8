"""The database that a run works on: the embedded server's, or the one DATABASE_URL names."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import make_conninfo

from dashboard.local import postgres
from dashboard.local.say import Stop

OLDEST = 15


def is_external() -> bool:
    """Whether DATABASE_URL names a server of somebody's own."""
    return bool(os.environ.get("DATABASE_URL", "").strip())


def address() -> str:
    """The database's address for the application's role, DATABASE_NAME respected."""
    url = os.environ.get("DATABASE_URL", "").strip() or postgres.url(postgres.APPLICATION)
    name = os.environ.get("DATABASE_NAME", "").strip()
    return make_conninfo(url, dbname=name) if name else url


def check(name: str, url: str) -> None:
    """Refuse, in one sentence without any password, a server that is unreachable or too old."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.Error as refusal:
        reason = str(refusal).strip().splitlines()[-1].strip() if str(refusal).strip() else "no answer"
        raise Stop(
            f"{name}: no database can be opened at {place(url)} ({without_password(reason, url)}); "
            f"start that server, correct {name}, or unset it to use the embedded one."
        ) from None
    if version // 10000 < OLDEST:
        raise Stop(
            f"{name}: the server at {place(url)} is PostgreSQL {version // 10000}.{version % 10000}; "
            f"Countinghouse needs {OLDEST} or newer."
        )


def place(url: str) -> str:
    """Host and port of a URL, for a sentence."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or 'the local socket'}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return "that address"


def without_password(text: str, url: str) -> str:
    """A text in which the URL's password does not appear."""
    try:
        password = urlsplit(url).password
    except ValueError:
        return "malformed URL"
    return text.replace(password, "…") if password else text


def is_empty() -> bool:
    """Whether the desk's database holds no customer and no member yet."""
    with psycopg.connect(address(), connect_timeout=5) as connection:
        for table in ("billing_customer", "dashboard_member"):
            known = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
            if known and known[0]:
                found = connection.execute(
                    psycopg.sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(psycopg.sql.Identifier(table))
                ).fetchone()
                if found and found[0]:
                    return False
    return True
