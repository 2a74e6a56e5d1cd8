"""Walking an object beside its tree: what is kept, and a mark at the path of everything else."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from billing.redaction import redact_text
from billing.webhooks.allowlist.shapes import REFUSED, identifier
from billing.webhooks.allowlist.trees import Node

MOST_ELEMENTS = 500
MOST_MARKS = 300
NOT_ALLOWED = "not allowed"
NOT_ITS_SHAPE = "not what is expected here"
TOO_MANY = "too many"
PERSONAL = frozenset(
    {
        "account_tax_ids",
        "address",
        "billing_details",
        "customer_address",
        "customer_email",
        "customer_name",
        "customer_phone",
        "customer_shipping",
        "customer_tax_ids",
        "email",
        "evidence",
        "hosted_invoice_url",
        "invoice_pdf",
        "name",
        "owner",
        "pdf",
        "phone",
        "receipt_email",
        "receipt_url",
        "shipping",
        "tax_ids",
    }
)
SECRET = frozenset({"authorization_code", "client_secret", "cvc", "fingerprint", "iban", "number"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]{0,63}")


def keep(body: Mapping[str, Any], tree: Node, path: str, dropped: dict[str, str]) -> dict[str, Any]:
    """The fields of a mapping that the tree names, in its order."""
    kept = {}
    below = tree.below
    for name, value in body.items():
        node = below.get(name)
        if node is None:
            if value or value == 0:  # nothing is lost with None and what is empty; a False is told
                mark(dropped, path + said(name), why(name))
            continue
        kind = type(value)
        if kind is str or kind is int:  # the usual case first: a message is mostly these
            found = _leaf(value, node) if value != "" else ""
        else:
            found = _value(value, node, f"{path}{name}", dropped)
        if found is REFUSED:
            mark(dropped, f"{path}{name}", NOT_ITS_SHAPE)
        else:
            kept[name] = found
    return kept


def _value(value: Any, node: Node, path: str, dropped: dict[str, str]) -> Any:
    if value is None or value == "":
        return value
    if isinstance(value, dict):
        if node.below:
            return keep(value, node, f"{path}.", dropped)
        # An id is wanted, and the whole object came.
        return identifier(value.get("id")) if node.shape else REFUSED
    if isinstance(value, list):
        if node.each is None:
            return REFUSED if value else []
        if len(value) > MOST_ELEMENTS:
            mark(dropped, f"{path}.*", TOO_MANY)
        return [_element(each, node.each, f"{path}.*", dropped) for each in value[:MOST_ELEMENTS]]
    return _leaf(value, node)


def _leaf(value: Any, node: Node) -> Any:
    return node.shape(value) if node.shape else REFUSED


def _element(value: Any, node: Node, path: str, dropped: dict[str, str]) -> Any:
    """One of a list: what is refused leaves an empty place, so that the others keep theirs."""
    found = _value(value, node, path, dropped)
    if found is REFUSED:
        mark(dropped, path, NOT_ITS_SHAPE)
        return None
    return found


def mark(dropped: dict[str, str], path: str, reason: str) -> None:
    """Says why something is not here. A message of thousands of fields gets no thousands of marks."""
    if len(dropped) < MOST_MARKS:
        dropped[path] = reason
    else:
        dropped["…"] = TOO_MANY


@lru_cache(maxsize=4096)
def said(name: str) -> str:
    """A field's name as it may be shown: names are text, and somebody's card number may stand in one."""
    return name if _NAME.fullmatch(name) and redact_text(name) == name else "[field]"


def why(name: str) -> str:
    return "personal data" if name in PERSONAL else "secret" if name in SECRET else NOT_ALLOWED
