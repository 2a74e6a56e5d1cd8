"""Webhook endpoints as the environment declares them."""

import re
from datetime import date

from dashboard.environment import Reader

#: Which gateways may have several endpoints, what each one's variable is called after its name, and what its
#: words look like.
NAMED = {
    "stripe": ("WEBHOOK_SECRETS", r"whsec_\S{8,}", "must be signing secrets (whsec_…) separated by commas"),
    "sandbox": (
        "WEBHOOK_SECRETS",
        r"\S{16,}",
        "must be secrets of 16 characters or more, separated by commas",
    ),
    "paypal": ("WEBHOOK_IDS", r"[A-Za-z0-9-]{8,64}", "must be webhook ids separated by commas"),
    "yookassa": ("", "", ""),
}
NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


def read_endpoints(env: Reader, declared: list[str]) -> dict[str, dict[str, list[str]]]:
    """By gateway, the named endpoints with the words (secrets, webhook ids) they are checked with.

    ``declared`` is what WEBHOOK_ENDPOINTS names (stripe/test, paypal/eu); each has a variable of its own,
    such as STRIPE_TEST_WEBHOOK_SECRETS.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for word in declared:
        source, _, name = word.partition("/")
        if source not in NAMED or not NAME.fullmatch(name) or name in found.get(source, {}):
            env.refuse(
                "WEBHOOK_ENDPOINTS",
                "must be a gateway and a name for each, once, such as stripe/test,paypal/eu-live "
                f"(gateways: {', '.join(NAMED)}; names in small letters, digits and hyphens).",
            )
            return {}
        ending, shape, remedy = NAMED[source]
        words: list[str] = []
        if ending:
            variable = f"{source}_{name.replace('-', '_')}_{ending}".upper()
            words = env.words(variable)
            if not words or any(not re.fullmatch(shape, each) for each in words):
                env.refuse(variable, f"{remedy}: WEBHOOK_ENDPOINTS names {word}.")
        found.setdefault(source, {})[name] = words
    return found


def read_secrets_since(env: Reader) -> dict[tuple[str, str], date]:
    """Since when an endpoint's newest secret is set, from WEBHOOK_SECRETS_SINCE (stripe=2026-08-01,
    stripe/test=2026-10-15): nobody else can tell how old a secret is."""
    found: dict[tuple[str, str], date] = {}
    for word in env.words("WEBHOOK_SECRETS_SINCE"):
        which, _, day = word.partition("=")
        source, _, name = which.partition("/")
        try:
            found[source, name] = date.fromisoformat(day)
        except ValueError:  # quiet: told to whoever starts the desk, with the remedy
            source = ""
        if source not in (*NAMED, "sandbox"):
            env.refuse(
                "WEBHOOK_SECRETS_SINCE",
                "must be endpoints with a day each, such as stripe=2026-08-01,stripe/test=2026-10-15.",
            )
            return {}
    return found
