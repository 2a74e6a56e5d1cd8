"""YooKassa over its REST interface: refunds, and objects as they stand now.

Configured by YOOKASSA_SHOP_ID, YOOKASSA_SECRET_KEY and YOOKASSA_API_BASE. Why not by YooKassa's own library
stands in this folder's README.
"""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from django.conf import settings
from django.utils import timezone

from billing.gateways.amounts import to_decimal
from billing.gateways.calling import Answer, call
from billing.gateways.errors import Garbage, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.facts import RefundFact
from billing.gateways.yookassa_objects.payments import YOOKASSA
from billing.gateways.yookassa_objects.refunds import refund
from billing.money import Money

NAME = "YooKassa"
PATHS = {"payments": "/payments", "refunds": "/refunds"}
PAGE = "100"
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


class YooKassa:
    """The gateway "yookassa". YooKassa keeps a call's key (Idempotence-Key) for 24 hours."""

    name = YOOKASSA
    remembers_keys = True

    def __init__(self) -> None:
        self.base = settings.YOOKASSA_API_BASE
        shop, secret = settings.YOOKASSA_SHOP_ID, settings.YOOKASSA_SECRET_KEY
        if not shop or not secret:
            raise NotSetUp(
                "yookassa_key_missing",
                "YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY are not set: the desk cannot call YooKassa.",
            )
        self.known = base64.b64encode(f"{shop}:{secret}".encode()).decode()

    def refund(
        self, payment_gateway_id: str, amount: Money, *, key: str, reason: str, metadata: Mapping[str, str]
    ) -> RefundFact:
        """The reference goes along twice: as the key, and as metadata, by which it is found again."""
        found = self._call(
            "POST",
            PATHS["refunds"],
            {
                "payment_id": payment_gateway_id,
                "amount": {"value": to_decimal(amount), "currency": amount.currency},
                "description": key,
                "metadata": {**metadata, "reference": key},
            },
            key=key,
        )
        return refund(found, reference=key)

    def find_refund(self, payment_gateway_id: str, reference: str) -> RefundFact | None:
        asked_at = timezone.now().replace(microsecond=0)
        for found in self._refunds(payment_gateway_id):
            ours = found.get("metadata") if isinstance(found.get("metadata"), dict) else {}
            if reference in ((ours or {}).get("reference"), found.get("description")):
                return refund(found, as_of=asked_at, reference=reference)
        return None

    def retrieve_refund(self, gateway_id: str) -> RefundFact | None:
        asked_at = timezone.now().replace(microsecond=0)
        found = self.object("refunds", gateway_id)
        return refund(found, as_of=asked_at) if found else None

    def cancel_refund(self, gateway_id: str, *, key: str) -> RefundFact:
        raise GatewayRefused("not_cancelable", "YooKassa cannot call a refund back once it has been made.")

    def object(self, kind: str, gateway_id: str) -> dict[str, Any] | None:
        """One payment or refund as it stands now; None when YooKassa does not know it."""
        if not gateway_id or not set(gateway_id) <= _SAFE:
            return None
        try:
            return self._call("GET", f"{PATHS[kind]}/{gateway_id}")
        except GatewayRefused as refusal:
            if refusal.code == "not_found":
                return None
            raise

    def _refunds(self, payment_gateway_id: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            params = {"payment_id": payment_gateway_id, "limit": PAGE}
            page = self._call("GET", PATHS["refunds"], params=params | ({"cursor": cursor} if cursor else {}))
            items = page.get("items")
            if not isinstance(items, list):
                raise Garbage("page_unreadable", "YooKassa's answer is not a list of refunds.")
            yield from (each for each in items if isinstance(each, dict))
            cursor = str(page.get("next_cursor") or "")
            if not cursor:
                return

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        key: str = "",
    ) -> dict[str, Any]:
        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Basic {self.known}"
            return request

        answer = call(
            NAME,
            method,
            f"{self.base}{path}",
            sign=sign,
            headers={"Idempotence-Key": key} if key else {},
            params=params,
            body=body,
        )
        if answer.status == 202 or not answer.is_fine:
            raise in_our_words(answer)
        return dict(answer.body)


def in_our_words(answer: Answer) -> Exception:
    """What an answer that is no success means for us. 202: the call is still being carried out."""
    code = str(answer.body.get("code") or "refused").lower()[:64]
    said = str(answer.body.get("description") or "")
    if answer.status == 202:
        return Unreachable("key_in_use", "YooKassa is still busy with the same call.", retry_after=5)
    if answer.status == 401:
        return NotSetUp(
            "yookassa_key_refused",
            "YooKassa does not accept our key: set YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY anew.",
        )
    if answer.status == 403:
        return NotSetUp("yookassa_key_not_allowed", f"Our key at YooKassa may not do this. {said}".strip())
    if answer.status == 404:
        return GatewayRefused("not_found", said or "YooKassa does not know this object.")
    if answer.status < 400:
        return Garbage("answer_unreadable", "YooKassa's answer cannot be read.")
    if "idempotence" in f"{answer.body.get('parameter')} {said}".lower():
        return GatewayRefused("key_reused", "YooKassa has seen this reference with another amount.")
    return GatewayRefused(code, said or "YooKassa would not take this call.")
