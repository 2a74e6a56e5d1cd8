"""The intake's own few connections, as the application's role.

They stand beside Django's because a request here has no middleware that would open, check and give back a
connection. Statements commit by themselves and are prepared once for each connection. A connection that broke
is replaced at once and the statement sent once more: what the intake writes may be written twice without
harm. Where that fails too, the error goes to the caller, and the next call tries a new connection.
"""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

import psycopg
from psycopg import pq, sql

CONNECT_SECONDS = 3
STATEMENT_MILLISECONDS = 10_000


class Lines:
    """Connections that lie ready, as many as were ever needed at one time: one a thread at most.

    ``prepared`` are statements with $1 and so on, by name, which each connection knows from its start.
    """

    def __init__(self, alias: str = "default", *, prepared: Mapping[str, str] | None = None) -> None:
        self._alias = alias
        self._prepared = prepared or {}
        self._idle: list[psycopg.Connection] = []
        self._mutex = Lock()

    def rows(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """What the statement gives, committed. Raises psycopg's errors."""

        def run(line: psycopg.Connection) -> list[Any]:
            cursor = line.execute(statement, values, prepare=True)
            return cursor.fetchall() if cursor.description else []

        return self._with_line(run)

    def row(self, name: str, values: Sequence[str]) -> list[str]:
        """The one row, as text, that a prepared statement gives, committed. Raises psycopg's errors.

        It goes to libpq without a cursor, whose reading of types takes longer than all else in a message.
        """

        def run(line: psycopg.Connection) -> list[str]:
            result = line.pgconn.exec_prepared(name.encode(), [value.encode() for value in values])
            if result.status != pq.ExecStatus.TUPLES_OK:
                if line.closed:
                    raise psycopg.OperationalError("The connection broke.")
                raise psycopg.errors.error_from_result(result)
            return [(result.get_value(0, column) or b"").decode() for column in range(result.nfields)]

        return self._with_line(run)

    def close(self) -> None:
        """Lets go of the connections that nobody uses now."""
        with self._mutex:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    def _with_line[A](self, run: Callable[[psycopg.Connection], A]) -> A:
        with self._mutex:
            line = self._idle.pop() if self._idle else None
        if line is not None:
            try:
                return self._run(line, run)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                if not line.closed:  # The server is there, and said no.
                    raise
            self.close()  # What lay idle beside it broke with it.
        return self._run(self._open(), run)

    def _run[A](self, line: psycopg.Connection, run: Callable[[psycopg.Connection], A]) -> A:
        try:
            return run(line)
        finally:
            if line.broken or line.info.transaction_status != pq.TransactionStatus.IDLE:
                line.close()
            if not line.closed:
                with self._mutex:
                    self._idle.append(line)

    def _open(self) -> psycopg.Connection:
        from django.db import connections

        wrapper = connections[self._alias]
        given = wrapper.get_connection_params()
        names = ("dbname", "user", "password", "host", "port", "options", "sslmode", "sslrootcert", "service")
        chosen = {name: given[name] for name in names if given.get(name)}
        line = psycopg.connect(autocommit=True, connect_timeout=CONNECT_SECONDS, **chosen)
        role = wrapper.settings_dict["OPTIONS"].get("assume_role")
        if role:
            line.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        line.execute(f"SET statement_timeout = {STATEMENT_MILLISECONDS}")
        # Planned once for each connection: planning takes longer than storing a message.
        line.execute("SET plan_cache_mode = force_generic_plan")
        line.execute("SET jit = off")
        for name, statement in self._prepared.items():
            result = line.pgconn.prepare(name.encode(), statement.encode())
            if (
                result.status != pq.ExecStatus.COMMAND_OK
            ):  # kept, the line would fail each message from now on
                line.close()
                raise psycopg.errors.error_from_result(result)
        return line
