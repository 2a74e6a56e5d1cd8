"""How often one sender may ask for payment pages, counted in the cache that all processes share."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.webhooks.senders import sender_of

A_MINUTE = 30


def slowly(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Answers 429 to a sender that asks more than thirty times in a minute: addresses cannot be guessed."""

    @wraps(view)
    def held(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if too_often(request):
            context = {"title": "Too many requests", "text": "Wait a minute, then open the page again."}
            return render(request, "dashboard/paying/closed.html", context, status=429)
        return view(request, *args, **kwargs)

    return held


def too_often(request: HttpRequest) -> bool:
    """Counts this request of its sender, of whom only a hash is kept, for a minute."""
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR") or "")
    sender = sender_of(str(request.META.get("REMOTE_ADDR") or ""), forwarded, settings.TRUSTED_PROXIES)
    minute = int(timezone.now().timestamp()) // 60
    named = hashlib.sha256(f"{settings.SECRET_KEY}:{sender}:{minute}".encode()).hexdigest()[:32]
    key = f"paying:{named}"
    cache.add(key, 0, timeout=120)
    try:
        return cache.incr(key) > A_MINUTE
    except ValueError:  # quiet: it was thrown out of the cache between the two
        return False
