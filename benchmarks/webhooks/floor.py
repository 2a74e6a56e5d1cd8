"""The floor: a bare WSGI endpoint that verifies a message and makes one durable INSERT of it, whole.

No framework, nothing read or taken out of the message, a connection for each thread, each commit its own. The
address of the database stands in BENCH_DATABASE_URL.
"""

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

from benchmarks.webhooks.messages import SECRET

TABLE = """
CREATE TABLE IF NOT EXISTS bench_floor (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    event_id text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    body jsonb NOT NULL,
    UNIQUE (source, event_id)
)
"""
INSERT = """
INSERT INTO bench_floor (source, event_id, body)
SELECT 'stripe', told->>'id', told FROM (SELECT %s::jsonb AS told) AS message
ON CONFLICT DO NOTHING
"""
_held = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    parts = dict(part.split("=", 1) for part in environ.get("HTTP_STRIPE_SIGNATURE", "t=0,v1=").split(","))
    signed = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signed, parts["v1"]) or abs(time.time() - int(parts["t"])) > 3600:
        start_response("400 Bad Request", [("Content-Length", "0")])
        return (b"",)
    line = getattr(_held, "line", None)
    if line is None:
        line = _held.line = psycopg.connect(os.environ["BENCH_DATABASE_URL"], autocommit=True)
    line.execute(INSERT, [body.decode()], prepare=True)
    start_response("200 OK", [("Content-Length", "2"), ("Content-Type", "application/json")])
    return (b"{}",)
