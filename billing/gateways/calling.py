"""A JSON call to a gateway that has no library worth using: bounded, timed, and never inside a transaction.

The one module that speaks HTTP for PayPal, YooKassa and the EU's register of VAT numbers. Redirects are not
followed, answers are read up to a limit, and what the network does wrong comes back as one of
`billing.gateways.errors`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from django.db import connection

from billing.gateways.errors import Garbage, Unreachable
from billing.gateways.measuring import measured, operation_of

CONNECT_SECONDS, READ_SECONDS = 5, 30
LARGEST = 4 * 1024 * 1024

type Sign = Callable[[requests.PreparedRequest], requests.PreparedRequest]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: any status below 500 but 408 and 429, with its JSON object ({} where it has none)."""

    status: int
    body: Mapping[str, Any]

    @property
    def is_fine(self) -> bool:
        return 200 <= self.status < 300


def call(
    gateway: str,
    method: str,
    url: str,
    *,
    sign: Sign,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | bytes | None = None,
    form: Mapping[str, str] | None = None,
    seconds: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
) -> Answer:
    """One call; ``gateway`` is its name in sentences. ``body`` goes as JSON, bytes of it as they are;
    ``seconds`` are those to connect and to answer.

    Raises `Unreachable` for no answer, 408, 429 and 5xx, `Garbage` for one that is not JSON.
    """
    with measured(gateway.lower(), operation_of(method, url)) as one:
        answer = _call(gateway, method, url, sign, headers, params, body, form, seconds)
        one.outcome = "ok" if answer.is_fine else "refused"
    return answer


def _call(
    gateway: str,
    method: str,
    url: str,
    sign: Sign,
    headers: Mapping[str, str] | None,
    params: Mapping[str, str] | None,
    body: Mapping[str, Any] | bytes | None,
    form: Mapping[str, str] | None,
    seconds: tuple[float, float],
) -> Answer:
    if connection.in_atomic_block:
        raise RuntimeError("a gateway is never called inside a transaction")
    sent = {"Accept": "application/json", **(headers or {})}
    data: Any = form
    if body is not None:
        sent["Content-Type"] = "application/json"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with requests.request(
            method,
            url,
            auth=sign,  # Given as a callable, so that no ~/.netrc puts its own in place of it.
            headers=sent,
            params=params,
            data=data,
            timeout=seconds,
            allow_redirects=False,
            stream=True,
        ) as answer:
            status, waits = answer.status_code, answer.headers.get("Retry-After", "")
            raw = _read(answer)
    except requests.RequestException as error:
        raise Unreachable(
            "unreachable", f"{gateway} did not answer in time; nobody knows yet what it did."
        ) from error
    if status == 429:
        later = min(int(waits), 3600) if waits.isdigit() else None
        raise Unreachable("rate_limited", f"{gateway} asked us to slow down.", retry_after=later)
    if status >= 500 or status == 408:
        raise Unreachable("server_error", f"{gateway} had an error of its own; nobody knows yet what it did.")
    return Answer(status, _object(gateway, status, raw))


def _read(answer: requests.Response) -> bytes:
    held = bytearray()
    for piece in answer.iter_content(64 * 1024):
        held += piece
        if len(held) > LARGEST:
            break
    return bytes(held)


def _object(gateway: str, status: int, raw: bytes) -> Mapping[str, Any]:
    if not raw.strip() and (status == 204 or status >= 400):
        return {}
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):  # quiet: an error page says enough by its status
        found = None
    if isinstance(found, dict):
        return found
    if status >= 400:
        return {}
    raise Garbage("answer_unreadable", f"{gateway}'s answer cannot be read.")
