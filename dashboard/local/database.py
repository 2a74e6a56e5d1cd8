"""The database that a run works on: the embedded server's, or the one DATABASE_URL names."""

from __future__ import annotations

import os
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from dashboard.local import postgres
from dashboard.local.addresses import APPLICATION
from dashboard.local.say import Stop

OLDEST = 15
DEMO_MAIL = "%@halden.example"


def is_external() -> bool:
    """Whether DATABASE_URL names a server of somebody's own."""
    return bool(os.environ.get("DATABASE_URL", "").strip())


def prepare_external() -> None:
    """Check the server that DATABASE_URL names, and make two roles of one where only one was given.

    With DATABASE_OWNER_URL unset, the role of DATABASE_URL owns the tables, and the desk works as the role
    `countinghouse`, which that owner makes and assumes. Both variables are set accordingly for what follows.
    """
    named, owner = (os.environ.get(name, "").strip() for name in ("DATABASE_URL", "DATABASE_OWNER_URL"))
    if owner:
        check("DATABASE_OWNER_URL", owner)
        if "assume_role=" not in named:
            check("DATABASE_URL", named)
        return
    check("DATABASE_URL", named)
    try:
        with psycopg.connect(named, connect_timeout=5, autocommit=True) as connection:
            make_application_role(connection)
    except psycopg.Error as refusal:
        reason = without_password(str(refusal).strip().splitlines()[0], named)
        raise Stop(
            f"The role of DATABASE_URL may not make the role {APPLICATION} that the desk works as "
            f"({reason}); make it, grant it to that role, "
            "or give the owner of the tables as DATABASE_OWNER_URL."
        ) from None
    os.environ["DATABASE_OWNER_URL"] = named
    os.environ["DATABASE_URL"] = f"{named}{'&' if '?' in named else '?'}assume_role={APPLICATION}"


def make_application_role(connection: psycopg.Connection) -> None:
    """The role that the desk works as, which whoever is signed in may assume."""
    role = sql.Identifier(APPLICATION)
    if not _found(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", APPLICATION):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
    if not _found(connection, "SELECT 1 WHERE pg_has_role(%s, 'MEMBER')", APPLICATION):
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))


def _found(connection: psycopg.Connection, statement: LiteralString, *values: str) -> bool:
    return connection.execute(statement, values).fetchone() is not None


def address() -> str:
    """The address of the desk's database for the owner's role, DATABASE_NAME respected."""
    url = os.environ.get("DATABASE_OWNER_URL", "").strip() if is_external() else postgres.url(postgres.OWNER)
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
    """Whether the desk's database holds no customer, and no member but the demo company's own people."""
    with psycopg.connect(address(), connect_timeout=5) as connection:
        return not (
            _found(connection, "SELECT 1 FROM billing_customer LIMIT 1")
            or _found(connection, "SELECT 1 FROM dashboard_member WHERE email NOT LIKE %s LIMIT 1", DEMO_MAIL)
        )


def has_demo_members() -> bool:
    """Whether the demo company's people may sign in here."""
    with psycopg.connect(address(), connect_timeout=5) as connection:
        return _found(connection, "SELECT 1 FROM dashboard_member WHERE email LIKE %s LIMIT 1", DEMO_MAIL)
