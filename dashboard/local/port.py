"""The port that the desk listens on."""

from __future__ import annotations

import errno
import os
import socket

from dashboard.local.say import Stop, say

USUAL = 8000


def taken(host: str, port: int) -> bool:
    """Whether another program listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1" if host == "0.0.0.0" else host, port)) == 0:  # noqa: S104
            return True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as refusal:
            if refusal.errno == errno.EACCES:
                raise Stop(
                    f"Port {port} needs rights that you do not have; choose one above 1023 with PORT."
                ) from None
            return True
    return False


def choose(host: str = "127.0.0.1") -> int:
    """The port asked for by PORT, else 8000 or the next free one. A port asked for and taken is refused."""
    asked = os.environ.get("PORT", "").strip()
    if asked:
        if not asked.isdigit() or not 0 < int(asked) < 65536:
            raise Stop(f"PORT is {asked!r}, which is no port; give a number from 1 to 65535.")
        if taken(host, int(asked)):
            raise Stop(
                f"Port {asked} is taken by another program; stop it, or choose another: "
                f"`make run PORT={int(asked) % 65535 + 1}`."
            )
        return int(asked)
    for port in range(USUAL, USUAL + 100):
        if not taken(host, port):
            if port != USUAL:
                say(f"Port {USUAL} is taken by another program; the desk takes {port}.")
            return port
    raise Stop(f"Ports {USUAL} to {USUAL + 99} are all taken; choose another: `make run PORT=9000`.")
