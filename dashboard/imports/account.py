"""Which Stripe account the desk reads, as far as its settings tell; never the key."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from billing.errors import Refused

STRIPE = "api.stripe.com"
MODES = {"live": "live", "test": "test"}


@dataclass(frozen=True, slots=True)
class Account:
    """The server that is asked, and what the beginning of the key says: `mode` is live, test or empty."""

    server: str
    mode: str
    restricted: bool
    has_key: bool

    @property
    def is_stripe(self) -> bool:
        return urlsplit(self.server).hostname == STRIPE

    @property
    def key(self) -> str:
        """A live restricted key; no key."""
        if not self.has_key:
            return "none"
        return f"{self.mode or 'unknown'}, {'restricted' if self.restricted else 'secret'} key"

    def facts(self) -> dict[str, str]:
        """What an import remembers of the account it reads."""
        return {"server": self.server, "mode": self.mode}


PLACES = {
    "customer": "customers",
    "product": "products",
    "price": "prices",
    "subscription": "subscriptions",
    "payment intent": "payments",
    "charge": "payments",
    "invoice": "invoices",
    "dispute": "disputes",
    "refund": "refunds",
}


def page_at_stripe(asked: Mapping[str, str], kind: str, gateway_id: str) -> str:
    """Where Stripe's own dashboard shows an object that an import read; empty for other servers."""
    place = PLACES.get(kind, "")
    if urlsplit(asked.get("server", "")).hostname != STRIPE or not place:
        return ""
    return (
        f"https://dashboard.stripe.com/{'test/' if asked.get('mode') == 'test' else ''}{place}/{gateway_id}"
    )


def account() -> Account:
    """As STRIPE_API_KEY and STRIPE_API_BASE say in this process."""
    words = settings.STRIPE_API_KEY.split("_")
    return Account(
        server=settings.STRIPE_API_BASE,
        mode=MODES.get(words[1], "") if len(words) > 1 else "",
        restricted=words[0] == "rk",
        has_key=bool(settings.STRIPE_API_KEY),
    )


def refusal() -> Refused | None:
    """Why no import can be started from here, with the remedy."""
    if account().has_key:
        return None
    return Refused(
        "stripe_key_missing",
        "No Stripe account is connected: STRIPE_API_KEY is not set. Set it to a secret or restricted key "
        "that may read, for the web and the worker processes, and start both again.",
    )
