"""The account of the machine that the embedded server runs under.

PostgreSQL refuses to run as root. Started by root (a container, CI) the server gets an account of its own;
started by anybody else it runs as that person.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboard.local.say import Stop

ACCOUNT = "countinghouse-db"
KNOWN = (ACCOUNT, "postgres", "pgserver")


def server_account() -> pwd.struct_passwd | None:
    """The account to switch to, or None where the server runs as the person who started it."""
    if os.geteuid() != 0:
        return None
    for name in KNOWN:
        try:
            return pwd.getpwnam(name)
        except KeyError:  # quiet: the next account is tried
            continue
    useradd = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    if useradd:
        made = subprocess.run(
            [useradd, "--system", "--no-create-home", "--shell", "/bin/sh", ACCOUNT],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode == 0:
            return pwd.getpwnam(ACCOUNT)
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise Stop(
            "PostgreSQL does not run as root and no other account could be made; "
            f"add one with `useradd --system {ACCOUNT}`, or run this as an ordinary user."
        ) from None


def as_account(account: pwd.struct_passwd | None) -> Mapping[str, Any]:
    """Keyword arguments for subprocess that run a program under the server's account."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def give(path: Path, account: pwd.struct_passwd | None) -> None:
    """Make a directory that only the server's account may open, and let that account reach it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)
        open_the_way(path.parent)
    path.chmod(0o700)


def open_the_way(path: Path) -> None:
    """Let other accounts pass through (not list) the directories of a path; only closed ones change."""
    for directory in (path, *path.parents):
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(mode | stat.S_IXOTH)
