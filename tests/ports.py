"""Ports for the servers that tests start."""

import random
import socket

#: Below what any usual system takes for connections that go out: a port found free stays so until it is used,
#: however many connections the browser and the workers beside it open meanwhile.
PORTS = range(20_000, 32_000)
_chance = random.SystemRandom()


def free_port() -> int:
    """A port that nobody listens on, neither on 127.0.0.1 nor on ::1."""
    while True:
        port = _chance.choice(PORTS)
        try:
            for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::")):
                with socket.socket(family) as probe:
                    probe.bind((address, port))
        except OSError:
            continue
        return port
