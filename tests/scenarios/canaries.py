"""Secrets to stuff messages with, and the search for them in all that is kept, shown or logged."""

import re
from typing import Any

from django.db import connection
from django.test import Client

from billing.models import WebhookEvent
from billing.webhooks.allowlist.shapes import SHAPES
from billing.webhooks.allowlist.trees import Node

CANARIES = {
    "card": "4000002760003184",
    "spaced card": "4000 0027 6000 3184",
    "account": "DE89370400440532013000",
    "spaced account": "NL91 ABNA 0417 1643 00",
    "key": "sk_live_51CanaryHxyzABCDEF",
    "signing secret": "whsec_canary0123456789abcdef",
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ",
    "e-mail": "zebedee.quillfeather@canary.example",
    "name": "Zebedee Quillfeather",
    "code": "cvc 9137",
    "client secret": "pi_3Canary_secret_9Zx8Yw7Vu6",
    "address": "https://desk:canary22@halden.example/books",
    "telephone": "+44 20 7946 0958",
    "card in base64": "Y2FyZCA0MDAwMDAyNzYwMDAzMTg0IG9mIHRoZSBjYW5hcnk=",
}
#: What is looked for: the part of each that is secret.
SOUGHT = [
    "4000002760003184", "4000 0027 6000 3184", "DE8937040044", "0417 1643", "51CanaryHxyz",
    "canary0123456789", "eyJzdWIiOiJjYW5hcnki", "zebedee", "Quillfeather", "cvc 9137", "9Zx8Yw7Vu6",
    "canary22", "7946 0958", "MDAwMDAyNzYwMDAz",
]  # fmt: skip
#: What people write about what is sold and why something failed is kept as text: a name in it is only a word.
FREE_TEXT = ("description", "memo", "message", "failure_message", "name")


def stuffed(value: Any, secret: str, at: str = "") -> Any:
    """The same shape with the secret in every place, and under a name of its own in every mapping."""
    if isinstance(value, dict):
        told = {name: stuffed(inner, secret, name) for name, inner in value.items()}
        return told | {secret: 1, "new": secret}
    if isinstance(value, list):
        return [stuffed(inner, secret) for inner in value] or [secret]
    if isinstance(value, int) and secret.isdigit():
        return int(secret)
    return value if secret == CANARIES["name"] and at in FREE_TEXT else secret


#: A sound value of each shape: what comes so must be kept so.
SOUND: dict[Any, Any] = {
    SHAPES["atom"]: "8AC12345DE678901F",
    SHAPES["brand"]: "visa",
    SHAPES["currency"]: "EUR",
    SHAPES["day"]: "2026-11-18 PDT",
    SHAPES["flag"]: True,
    SHAPES["id"]: "5O190127TN364715T",
    SHAPES["moment"]: "2026-11-18T09:00:31.390Z",
    SHAPES["number"]: "1763719200.12",
    SHAPES["paypal_link"]: "https://api.paypal.com/v2/payments/captures/42311647XV020574X",
    SHAPES["tail"]: "4242",
    SHAPES["text"]: "Order 114-3941689-8772232 of 84.30 EUR, 500 tokens",
    SHAPES["word"]: "COMPLETED",
}


def sound(node: Node) -> Any:
    """All that the allow list keeps of a kind, every field with a sound value."""
    if node.each is not None:
        return [sound(node.each), sound(node.each)]
    if node.below:
        return {name: sound(inner) for name, inner in node.below.items()}
    return SOUND[node.shape]


def beside(value: Any, secret: str) -> Any:
    """The same with a secret in a field of its own beside the sound ones, in every mapping."""
    if isinstance(value, dict):
        return {name: beside(inner, secret) for name, inner in value.items()} | {"note_of_theirs": secret}
    return [beside(inner, secret) for inner in value] if isinstance(value, list) else value


def everywhere(client: Client, every: int = 17) -> dict[str, str]:
    """All that is kept or shown: each table's text, the list, its export, pages with their raw content."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM public.\"{table}\" t")
            found[f"table {table}"] = cursor.fetchone()[0]
    found["list"] = client.get("/webhooks/").content.decode()
    answer: Any = client.get("/webhooks/?format=csv")
    found["export"] = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
    for pk in WebhookEvent.objects.order_by("pk").values_list("pk", flat=True)[::every]:
        for query in ("", "?payload=raw", "?payload=open"):
            found[f"page {pk}{query}"] = client.get(f"/webhooks/{pk}/{query}").content.decode()
    found["error page"] = client.get("/webhooks/999999999/").content.decode()
    return found


def leaks(found: dict[str, str]) -> list[tuple[str, str]]:
    """A short run of digits is sought on its own: inside of a longer number it is chance."""
    return [
        (place, secret)
        for place, text in found.items()
        for secret in SOUGHT
        if re.search(rf"(?<![0-9a-f.]){secret}(?![0-9a-f])" if secret.isdigit() else re.escape(secret), text)
    ]
