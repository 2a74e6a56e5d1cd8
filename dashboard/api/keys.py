"""Making, checking and revoking keys, and counting what each calls."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service
from dashboard.api.models import ApiKey, Scope

__all__ = ["MARK", "count_call", "create_key", "find_key", "revoke_key", "touch"]

MARK = "chk"
#: How exact "last used" is: a busy key is not written with each call.
NOTED_EVERY = timedelta(minutes=5)
MOST_PER_MINUTE = 60_000
COUNT = """
    INSERT INTO dashboard_apicalls AS c (key_id, minute, count) VALUES (%s, %s, 1)
    ON CONFLICT (key_id, minute) DO UPDATE SET count = c.count + 1 RETURNING c.count
"""


@service("api")
@transaction.atomic
def create_key(
    *, name: str, scopes: list[str], per_minute: int, reason: str, actor: Actor, now: datetime
) -> tuple[ApiKey, str]:
    """A new key and, this once, its secret as the host product sends it. Raises `InvalidInput`."""
    name = name.strip()
    if not name or len(name) > 80:
        raise InvalidInput(
            "name_missing", "Name: say which program uses it, in up to 80 letters.", field="name"
        )
    if not scopes or set(scopes) - set(Scope.values):
        raise InvalidInput(
            "scopes_missing", "May: choose at least one thing that the key may do.", field="scopes"
        )
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        raise InvalidInput(
            "pace_out_of_range", f"Calls a minute: from 1 to {MOST_PER_MINUTE:,}.", field="per_minute"
        )
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say what it is for.", field="reason")
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        secret_hash=_digest(secret),
        scopes=sorted(set(scopes)),
        per_minute=per_minute,
        reason=reason.strip(),
        created_at=now,
        created_by_ref=actor.ref,
        created_by_name=actor.name,
    )
    record(key, "created", actor=actor, now=now, reason=reason.strip(), scopes=key.scopes)
    add_facts(key=prefix)
    return key, f"{MARK}_{prefix}_{secret}"


@service("api")
@transaction.atomic
def revoke_key(*, key_id: int, reason: str, actor: Actor, now: datetime) -> ApiKey:
    """Ends a key for good; its next call is refused. Raises `Conflict` when it is revoked already."""
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why it ends.", field="reason")
    key = ApiKey.objects.select_for_update().get(pk=key_id)
    if key.revoked_at is not None:
        raise Conflict("key_is_revoked", f"{key.revoked_by_name or 'Somebody'} revoked this key already.")
    key.revoked_at, key.revoked_reason = now, reason.strip()
    key.revoked_by_ref, key.revoked_by_name = actor.ref, actor.name
    key.save(update_fields=["revoked_at", "revoked_reason", "revoked_by_ref", "revoked_by_name"])
    record(key, "revoked", actor=actor, now=now, reason=reason.strip())
    add_facts(key=key.prefix)
    return key


def find_key(told: str) -> ApiKey | None:
    """The key that is told, if it is one and has not been revoked."""
    mark, _, rest = told.partition("_")
    prefix, _, secret = rest.partition("_")
    if mark != MARK or not secret or len(told) > 200 or not prefix.isalnum():
        return None
    key = ApiKey.objects.filter(prefix=prefix, revoked_at=None).first()
    return key if key is not None and hmac.compare_digest(key.secret_hash, _digest(secret)) else None


def count_call(key: ApiKey, now: datetime) -> int:
    """Counts a call, in one statement; how many this minute has. Who begins a minute tidies."""
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [key.pk, minute])
        calls = int(cursor.fetchone()[0])
    if calls == 1:
        key.calls.filter(minute__lt=minute - timedelta(hours=1)).delete()
    return calls


def touch(key: ApiKey, now: datetime) -> None:
    """Notes that the key is used, every few minutes."""
    if key.last_used_at is None or key.last_used_at < now - NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def _digest(secret: str) -> str:
    # The secret is 256 random bits: a slow hash would protect nothing more, and each call pays it.
    return hashlib.sha256(secret.encode()).hexdigest()
