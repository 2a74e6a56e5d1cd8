"""Which role the connection works as: the application's, except where tables are made or emptied."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

OLDEST_POSTGRESQL = 15


@contextmanager
def as_owner(alias: str = "default") -> Iterator[Any]:
    """Inside, the connection belongs to the owner of the tables; afterwards to the application again.

    Signed in as the owner with the application's role assumed (as tests are), the role is put aside and
    taken up again. Otherwise the connection is closed and opened as DATABASE_OWNER_URL says, and closed
    again afterwards.
    """
    connection = connections[alias]
    owner = settings.DATABASE_OWNER
    if not owner:
        raise ImproperlyConfigured(
            "DATABASE_OWNER_URL is not set: give the address of the role that owns the tables. "
            "Only `migrate` and `flush` need it; the web and worker processes do without."
        )
    kept = dict(connection.settings_dict)
    options = dict(kept["OPTIONS"])
    role = options.pop("assume_role", None)
    if kept["USER"] == owner["USER"] and not role:
        yield connection
        return
    if role:
        connection.settings_dict["OPTIONS"] = options
        _set_role(connection, None)
        try:
            yield connection
            _set_role(connection, role)
        finally:
            connection.settings_dict["OPTIONS"] = kept["OPTIONS"]
        return
    _disconnect(connection)
    options.pop("pool", None)
    connection.settings_dict.update(owner, OPTIONS=options)
    try:
        yield connection
    finally:
        _disconnect(connection)
        connection.settings_dict.update(kept)


def _set_role(connection: Any, role: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {connection.ops.quote_name(role)}" if role else "RESET ROLE")


def _disconnect(connection: Any) -> None:
    connection.close()
    connection.close_pool()


def require_postgresql(connection: Any) -> None:
    """Raise ImproperlyConfigured with a sentence when the server is out of reach or too old."""
    try:
        # Past the pool, which would say only that it waited in vain.
        with connection.Database.connect(**connection.get_connection_params(), connect_timeout=5) as found:
            version = found.info.server_version // 10000
    except connection.Database.OperationalError as error:
        place = connection.settings_dict["HOST"] or "localhost"
        raise ImproperlyConfigured(
            f"The database at {place} cannot be reached; check DATABASE_URL and that the server runs. "
            f"({str(error).strip().splitlines()[-1]})"
        ) from error
    if version < OLDEST_POSTGRESQL:
        raise ImproperlyConfigured(
            f"The server behind DATABASE_URL is PostgreSQL {version}; "
            f"version {OLDEST_POSTGRESQL} or newer is needed."
        )
