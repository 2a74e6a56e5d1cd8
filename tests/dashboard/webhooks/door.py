"""The door as the server calls it, without a server."""

import io
import json
from typing import Any

from dashboard.webhooks.door import with_door
from tests.billing.webhooks.desk import SECRETS, signature


def django(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("418 I'm a teapot", [])
    return [b"django"]


SITE = with_door(django)


def knock(event: Any, *, path: str = "/webhooks/stripe/", secret: str = SECRETS[1], **meta: Any) -> Any:
    """(status, what was said, headers)"""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "REMOTE_ADDR": "203.0.113.9",
        "CONTENT_TYPE": "application/json; charset=utf-8",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_STRIPE_SIGNATURE": signature(body, secret),
        "wsgi.input": io.BytesIO(body),
        **meta,
    }
    told: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        told.update(status=int(status[:3]), headers=dict(headers))

    said = b"".join(SITE({name: value for name, value in environ.items() if value is not None}, start))
    is_json = told["headers"].get("Content-Type") == "application/json"
    return told["status"], json.loads(said) if is_json else said, told["headers"]
