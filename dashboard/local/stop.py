"""`make stop`: end the desk of this checkout, wherever it was started, and its database."""

from __future__ import annotations

import os
import signal
import sys
import time

from dashboard.local import children, postgres
from dashboard.local.children import Memory
from dashboard.local.processes import alive
from dashboard.local.say import Stop, complain, say

PATIENCE = 60.0


def main() -> int:
    """0 when nothing of this checkout runs any more."""
    memory = Memory.read()
    if memory is not None and children.is_ours(memory.run):
        os.kill(memory.run, signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        while alive(memory.run) and time.monotonic() < until:
            time.sleep(0.1)
        say("The desk is stopped.")
    elif memory is not None:
        children.stop_orphans(memory)
        children.memory_file().unlink(missing_ok=True)
    say("The database is stopped." if postgres.stop() else "The database is not running.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as reason:
        complain(str(reason))
        sys.exit(1)
