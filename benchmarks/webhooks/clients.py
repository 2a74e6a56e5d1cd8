"""Clients that send ready-made requests over connections they keep open, one process each.

    python -m benchmarks.webhooks.clients HOST PORT PATH RUN FIRST COUNT SECRET

Signs its messages, says "ready" on standard output, and begins when a line comes on standard input; then it
prints, as JSON, the seconds it took, the milliseconds of each answer and the number of answers by status.
"""

import json
import socket
import sys
import time
from collections import Counter

from benchmarks.webhooks.messages import request


def send(host: str, port: int, requests: list[bytes]) -> tuple[float, list[float], Counter[str]]:
    statuses: Counter[str] = Counter()
    taken = []
    with socket.create_connection((host, port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = time.perf_counter()
        for each in requests:
            at = time.perf_counter()
            line.sendall(each)
            statuses[answer(line)] += 1
            taken.append((time.perf_counter() - at) * 1_000)
        return time.perf_counter() - begun, taken, statuses


def answer(line: socket.socket) -> str:
    """Reads one answer to its end; gives its status."""
    found = b""
    while b"\r\n\r\n" not in found:
        more = line.recv(65_536)
        if not more:
            raise ConnectionError("the server hung up")
        found += more
    head, _, body = found.partition(b"\r\n\r\n")
    fields = {name.lower(): value for name, _, value in (f.partition(b":") for f in head.split(b"\r\n")[1:])}
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        while not body.endswith(b"0\r\n\r\n"):
            body += line.recv(65_536)
        return head[9:12].decode()
    left = int(fields.get(b"content-length", b"0")) - len(body)
    while left > 0:
        left -= len(line.recv(65_536))
    return head[9:12].decode()


def main() -> None:
    host, port, path, run, first, count, secret = sys.argv[1:]
    numbers = range(int(first), int(first) + int(count))
    ready = [request(number, run, path, f"{host}:{port}", secret) for number in numbers]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    seconds, taken, statuses = send(host, int(port), ready)
    json.dump({"seconds": seconds, "taken": taken, "statuses": statuses}, sys.stdout)


if __name__ == "__main__":
    main()
