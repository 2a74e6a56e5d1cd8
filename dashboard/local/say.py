"""How the commands of one's own machine speak: a line at a time, and one sentence when they cannot go on."""

from __future__ import annotations

import sys


class Stop(Exception):
    """The command cannot go on; the message is one sentence that names the cause and the remedy."""


def say(line: str = "") -> None:
    """Print a line at once, whatever standard output is connected to."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """Print a line to standard error."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
