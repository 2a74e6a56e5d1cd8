"""The addresses at which gateways find us, and what each message to them is checked with.

A gateway has its usual endpoint (no name) and as many named ones as are declared: test beside live, two
accounts. Secrets come from the environment and are looked up for each message.
"""

from collections.abc import Sequence

from django.conf import settings

from billing.errors import Missing
from billing.gateways.errors import NotSetUp

#: The setting with the usual endpoint's secrets; a named endpoint's variable has its name in the middle.
USUAL = {
    "stripe": "STRIPE_WEBHOOK_SECRETS",
    "sandbox": "SANDBOX_WEBHOOK_SECRET",
    "paypal": "PAYPAL_WEBHOOK_IDS",
}


def variable_of(source: str, endpoint: str) -> str:
    """stripe and eu-live: STRIPE_EU_LIVE_WEBHOOK_SECRETS."""
    usual = USUAL[source]
    if not endpoint:
        return usual
    several = usual if usual.endswith("S") else f"{usual}S"
    return several.replace("_", f"_{endpoint.upper().replace('-', '_')}_", 1)


def declared() -> list[tuple[str, str]]:
    """Every (source, endpoint) that may hear something, the usual ones with an empty name."""
    usual = [(source, "") for source in (*USUAL, "yookassa")]
    return [
        *usual,
        *((source, name) for source, names in settings.WEBHOOK_ENDPOINTS.items() for name in names),
    ]


def is_declared(source: str, endpoint: str) -> bool:
    return not endpoint or endpoint in settings.WEBHOOK_ENDPOINTS.get(source, {})


def secrets_of(source: str, endpoint: str) -> Sequence[str]:
    """The secrets (of PayPal: the webhook's ids) that are active now, the newest first.

    Raises `Missing` for an endpoint that nobody declared, `NotSetUp` when it has no secret.
    """
    if endpoint:
        names = settings.WEBHOOK_ENDPOINTS.get(source, {})
        if endpoint not in names:
            raise Missing("no_such_endpoint", "There is no such endpoint.")
        found: Sequence[str] = names[endpoint]
    else:
        held = getattr(settings, USUAL[source], ())
        found = ([held] if held else []) if isinstance(held, str) else held
    if not found:
        name = variable_of(source, endpoint)
        raise NotSetUp("webhook_secret_missing", f"{name} is not set.")
    return found
