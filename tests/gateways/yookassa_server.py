"""A stand-in for YooKassa: answers its interface, and remembers keys."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.gateways.server import Answer, Asked, Server, answering

PAYMENT_ID = "1da5c87d-0984-50e8-a7f3-8de646dd9ec9"


@dataclass
class YooKassaServer:
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    served: Server = field(default_factory=Server)

    def put(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        getattr(self, kind)[body["id"]] = body
        return body

    def answer(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        if parts.path in self.answers:
            return self.answers[parts.path]
        # halden-shop:halden-secret
        if asked.headers.get("Authorization") != "Basic aGFsZGVuLXNob3A6aGFsZGVuLXNlY3JldA==":
            return found({"type": "error", "code": "invalid_credentials"}, 401)
        _, kind, *rest = parts.path.split("/")
        held: dict[str, dict[str, Any]] = getattr(self, kind)
        if asked.method == "POST":
            return self._refund(asked)
        if rest:
            return found(held[rest[0]]) if rest[0] in held else found({"code": "not_found"}, 404)
        wanted = parse_qs(parts.query)
        items = [each for each in held.values() if each["payment_id"] == wanted["payment_id"][0]]
        begin = int(wanted.get("cursor", ["0"])[0])
        page = {"type": "list", "items": items[begin : begin + 1]}  # short pages, so that they are turned
        return found(page | ({"next_cursor": str(begin + 1)} if begin + 1 < len(items) else {}))

    def _refund(self, asked: Asked) -> Answer:
        key = asked.headers["Idempotence-Key"]
        if key not in self.keys:
            made = {
                **json.loads(asked.body),
                "id": f"2b9{len(self.refunds):05d}-0015-5000-8000-1b11af6bc0de",
                "status": "succeeded",
                "created_at": "2026-11-18T09:30:00.405Z",
            }
            self.keys[key] = self.put("refunds", made)
        return found(self.keys[key])


def found(body: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode())


@contextmanager
def yookassa_serving(settings: Any) -> Iterator[YooKassaServer]:
    server = YooKassaServer()
    with answering(server.answer) as served:
        server.served = served
        settings.YOOKASSA_API_BASE = served.url
        settings.YOOKASSA_SHOP_ID, settings.YOOKASSA_SECRET_KEY = "halden-shop", "halden-secret"
        yield server


def payment(gateway_id: str = PAYMENT_ID, *, value: str = "10.00", **over: Any) -> dict[str, Any]:
    return {
        "id": gateway_id,
        "status": "succeeded",
        "paid": True,
        "amount": {"value": value, "currency": "RUB"},
        "income_amount": {"value": "9.65", "currency": "RUB"},
        "created_at": "2026-11-18T09:00:00.000Z",
        "captured_at": "2026-11-18T09:00:31.390Z",
        "payment_method": {
            "type": "bank_card",
            "id": gateway_id,
            "saved": False,
            "card": {"first6": "555555", "last4": "4477", "card_type": "MasterCard"},
        },
        "metadata": {},
        **over,
    }


def refund(gateway_id: str, *, value: str, of: str = PAYMENT_ID, **over: Any) -> dict[str, Any]:
    return {
        "id": gateway_id,
        "payment_id": of,
        "status": "succeeded",
        "created_at": "2026-11-18T10:00:00.000Z",
        "amount": {"value": value, "currency": "RUB"},
        **over,
    }
