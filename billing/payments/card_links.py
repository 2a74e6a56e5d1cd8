"""Links by which a customer leaves a card: signed by nothing, known by a token of which a hash is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings

from billing.errors import Missing
from billing.history.actors import Actor
from billing.history.services import record
from billing.ids import new_reference
from billing.payments.card_models import CardLink
from billing.payments.models import PaymentMethod

__all__ = ["card_link_at", "create_card_link", "lock_card_link", "state_of", "url_of"]

#: How long a letter can be followed.
GOOD_FOR = timedelta(days=30)
TOKEN_BYTES = 24


def create_card_link(
    *, customer_id: int, asked_for: PaymentMethod | None, actor: Actor, now: datetime
) -> tuple[CardLink, str]:
    """A link for one customer, good for thirty days and one card, in the caller's transaction; and its token,
    which nobody can read again afterwards."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = CardLink.objects.create(
        reference=new_reference("CRD", now.date()),
        customer_id=customer_id,
        asked_for=asked_for,
        token_hash=hash_of(token),
        made_by_ref=actor.ref,
        made_by_name=actor.name,
        created_at=now,
        expires_at=now + GOOD_FOR,
    )
    record(link, "created", actor=actor, now=now, until=link.expires_at.isoformat())
    return link, token


def hash_of(token: str) -> str:
    """The token is as random as a key: a plain hash of it tells nobody what it was."""
    return hashlib.sha256(token.encode()).hexdigest()


def url_of(token: str) -> str:
    """The whole address that the customer is given."""
    return f"{settings.PUBLIC_URL}/pay/card/{token}/"


def card_link_at(token: str) -> CardLink:
    """The link of a token. Raises `Missing` for any other, whatever is wrong with it."""
    found = CardLink.objects.select_related("customer__identity").filter(token_hash=hash_of(token)).first()
    if found is None:
        raise Missing("link_unknown", "This is no link of ours.")
    return found


def state_of(link: CardLink, now: datetime) -> str:
    """used, expired, or open."""
    if link.used_at is not None:
        return "used"
    return "expired" if link.expires_at <= now else "open"


def lock_card_link(reference: str) -> CardLink | None:
    """The link, held until the transaction ends; None for a reference that is none of ours."""
    rows = CardLink.objects.select_for_update(of=("self",)).select_related("customer")
    return rows.filter(reference=reference).first() if reference else None
