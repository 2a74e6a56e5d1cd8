"""Who may call: a key in the header, one of its scopes, its pace, and a body of bounded size."""

from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from billing.history.actors import Actor
from dashboard.api import keys
from dashboard.api.models import ApiKey, Scope
from dashboard.api.problems import Problem

__all__ = ["LARGEST", "Needs", "actor_of"]

log = structlog.get_logger("dashboard.api")
LARGEST = 256 * 1024


class Needs(HttpBearer):
    """A key that holds a scope. Each call counts towards the key's pace, also one that is then refused."""

    openapi_name = "ApiKey"

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        told = request.headers.get("Authorization", "")
        kind, _, secret = told.partition(" ")
        if kind.lower() != "bearer" or not secret:
            raise Problem(401, "key_missing", "Send your API key in the header: Authorization: Bearer chk_…")
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        key = keys.find_key(token)
        if key is None:
            log.warning("api.unknown_key", path=request.path)
            raise Problem(401, "key_unknown", "This API key is not known, or has been revoked.")
        now = timezone.now()
        calls = keys.count_call(key, now)
        if calls > key.per_minute:
            raise Problem(
                429,
                "too_many_calls",
                f"This key may call {key.per_minute:,} times a minute. Try again in the next.",
                retry_after=60 - now.second,
            )
        if self.scope not in key.scopes:
            raise Problem(
                403, "scope_missing", f"This key may not: {Scope(self.scope).label.lower()} ({self.scope})."
            )
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
            raise Problem(
                413, "body_too_large", f"A body has at most {LARGEST // 1024} KB. Send fewer at once."
            )
        keys.touch(key, now)
        return key


def actor_of(key: ApiKey) -> Actor:
    """The host product, by the name of its key."""
    return Actor("system", f"api:{key.prefix}", key.name)


def declare_patterns(patterns: list[Any], mark: Callable[[Any], Any]) -> list[Any]:
    """Marks the view of each address, for the walk that asks all of them who may."""
    for pattern in patterns:
        mark(pattern.callback)
    return patterns
