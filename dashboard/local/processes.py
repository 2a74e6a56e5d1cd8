"""Looking at other processes of this machine, on Linux (with or without procps) and macOS."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process with this id exists, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # quiet: somebody else's process is alive too
        return True
    return True


def command_of(pid: int) -> str:
    """The command line of a process, or nothing when there is no such process."""
    if not alive(pid):
        return ""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # quiet: it ended in the meantime
            return ""
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip()
