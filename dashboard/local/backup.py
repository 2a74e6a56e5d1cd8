"""Backups of the embedded database: one compressed file out, and the same file back in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from dashboard.local.addresses import SUPERUSER, binary, database_name, url
from dashboard.local.postgres import create_database, drop_database, rename_database
from dashboard.local.say import Stop


def dump(file: Path) -> None:
    """Write the database into one compressed file that `restore` reads."""
    subprocess.run([binary("pg_dump"), "-Fc", "-f", file, "-d", url(SUPERUSER)], check=True)


def restore(file: Path) -> None:
    """Put the database back as a dump has it; the present one stays until the new one is whole."""
    if not file.is_file():
        raise Stop(f"There is no file {file} to restore from.")
    name, fresh = database_name(), f"{database_name()}_restoring"
    drop_database(fresh)
    create_database(fresh)
    done = subprocess.run(
        [binary("pg_restore"), "--exit-on-error", "-d", url(SUPERUSER, fresh), file], check=False
    )
    if done.returncode:
        drop_database(fresh)
        raise Stop(f"{file} could not be restored; the database is as it was.")
    drop_database(name)
    rename_database(fresh, name)
