"""Which fields of a message are stored. What no line names is dropped, and so is every field yet to come.

The lines stand by gateway in ``stripe``, ``paypal``, ``yookassa`` and ``sandbox``: a table from the kind of
object to its fields. How a line is written stands in ``trees``, what a value must look like in ``shapes``.
Personal fields are in no list: an event about a customer, a payment method or an invoice is answered by
asking the gateway.
"""

from collections.abc import Mapping
from typing import Any

from billing.webhooks.allowlist import paypal, sandbox, stripe, yookassa
from billing.webhooks.allowlist.keeping import NOT_ALLOWED, PERSONAL, SECRET, keep
from billing.webhooks.allowlist.trees import Node, tree_of

__all__ = ["ALLOWED", "NOT_ALLOWED", "PERSONAL", "SECRET", "TREES", "allowed"]

ALLOWED: dict[str, dict[str, str]] = {
    "stripe": stripe.ALLOWED,
    "sandbox": sandbox.ALLOWED,
    "paypal": paypal.ALLOWED,
    "yookassa": yookassa.ALLOWED,
}
TREES: dict[str, dict[str, Node]] = {
    source: {kind: tree_of(spec) for kind, spec in kinds.items()} for source, kinds in ALLOWED.items()
}
UNKNOWN = tree_of("id object")


def allowed(
    source: str, kind: str, body: Mapping[str, Any], *, under: str = ""
) -> tuple[dict[str, Any], dict[str, str]]:
    """What of an object may be stored, and for each field that was dropped, why.

    The same for what the gateway says the fields were before; ``under`` then begins the paths of what was
    dropped ("previous."). Of a kind that nobody has named, its id alone is kept.
    """
    dropped: dict[str, str] = {}
    tree = TREES.get(source, {}).get(kind, UNKNOWN)
    return keep(body, tree, under, dropped), dropped
