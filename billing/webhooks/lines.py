"""The intake's own few connections, as the application's role.

They stand beside Django's because a request here has no middleware that would open, check and give back a
connection. Statements commit by themselves and are prepared once for each connection. A connection that broke
is replaced at once and the statement sent once more: what the intake writes may be written twice without
harm. Where that fails too, the error goes to the caller, and the next call tries a new connection.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import psycopg
from psycopg import sql

CONNECT_SECONDS = 3
STATEMENT_MILLISECONDS = 10_000


class Lines:
    """Connections that lie ready, as many as were ever needed at one time."""

    def __init__(self, alias: str = "default") -> None:
        self._alias = alias
        self._idle: list[psycopg.Connection] = []
        self._mutex = Lock()

    def rows(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """What the statement gives, committed. Raises psycopg's errors."""
        with self._mutex:
            line = self._idle.pop() if self._idle else None
        if line is not None:
            try:
                return self._run(line, statement, values)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                if not line.closed:  # The server is there, and said no.
                    raise
            self.close()  # What lay idle beside it broke with it.
        return self._run(self._open(), statement, values)

    def close(self) -> None:
        """Lets go of the connections that nobody uses now."""
        with self._mutex:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    def _run(self, line: psycopg.Connection, statement: str, values: Sequence[Any]) -> list[Any]:
        try:
            cursor = line.execute(statement, values, prepare=True)
            found = cursor.fetchall() if cursor.description else []
        except BaseException:
            if line.broken or line.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                line.close()
            if not line.closed:
                self._give_back(line)
            raise
        self._give_back(line)
        return found

    def _give_back(self, line: psycopg.Connection) -> None:
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
        return line
