"""Which fields of a message are stored. What no line names is dropped, and so is every field yet to come.

A word is a path; ``*`` stands for each element of a list, and names in brackets stand below the path before
them. (text) marks free text, from which card numbers, keys and e-mails are taken out. Personal fields are in
no list: an event about a customer, a payment method or an invoice is answered by asking the gateway.
"""

import re
from collections.abc import Mapping
from typing import Any

from billing.redaction import redact_text

LONGEST_TEXT = 300
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
NOT_ALLOWED = "not allowed"

PRICE = "id object active amount amount_decimal currency interval interval_count product type unit_amount \
unit_amount_decimal tax_behavior created deleted recurring.interval recurring.interval_count"
CARD = "brand last4 exp_month exp_year"
TAX = "amount inclusive tax_behavior"
COUPON = "id duration percent_off amount_off currency"

ALLOWED: dict[str, str] = {
    "customer": "id object created deleted currency delinquent",
    "payment_method": "id object created type customer",
    "product": "id object created active deleted name(text) description(text) marketing_features.*.name",
    "price": PRICE,
    "plan": PRICE,
    "subscription": f"""
        id object created start_date status customer currency billing_cycle_anchor cancel_at
        cancel_at_period_end canceled_at ended_at trial_start trial_end
        current_period_start current_period_end collection_method latest_invoice
        pause_collection.behavior pause_collection.resumes_at
        items.has_more
        items.data.*.(id object quantity created current_period_start current_period_end deleted)
        items.data.*.price.({PRICE})
        items.data.*.plan.({PRICE})
        items.data.*.discounts.*.(id)
        items.data.*.discounts.*.coupon.({COUPON})
        items.data.*.discounts.*.source.coupon.({COUPON})
        plan.({PRICE}) quantity
        discount.coupon.({COUPON})
        discounts.*.coupon.({COUPON})
        discounts.*.source.coupon.({COUPON})
    """,
    "invoice": """
        id object created number status customer subscription currency total tax amount_due amount_paid
    """,
    "invoice_payment": """
        id object created invoice status amount_paid amount_requested currency is_default
        payment.type payment.payment_intent payment.charge
    """,
    "payment_intent": """
        id object created status customer amount amount_received amount_capturable currency invoice
        latest_charge payment_method source canceled_at cancellation_reason capture_method description(text)
        last_payment_error.(code decline_code type message(text))
    """,
    "charge": f"""
        id object created status paid captured refunded disputed customer
        amount amount_captured amount_refunded currency
        invoice payment_intent payment_method failure_code failure_message(text) description(text)
        outcome.(reason type) source.(id object {CARD})
        balance_transaction balance_transaction.(id amount fee currency)
        payment_method_details.type payment_method_details.card.({CARD})
        payment_method_details.sepa_debit.(last4 bank_code) payment_method_details.link.(brand)
        refunds.data.*.(id object created status amount currency charge payment_intent reason failure_reason)
        refunds.data.*.metadata.(reference reason)
    """,
    "refund": """
        id object created status amount currency charge payment_intent reason failure_reason
        balance_transaction metadata.(reference reason)
    """,
    "dispute": """
        id object created status reason amount currency charge payment_intent is_charge_refundable
        evidence_details.(due_by has_evidence past_due submission_count)
        balance_transactions.*.(id created amount fee currency type)
    """,
    "credit_note": f"""
        id object created effective_at status type number invoice customer currency amount total
        total_excluding_tax post_payment_amount pre_payment_amount reason memo(text) voided_at
        total_taxes.*.({TAX}) tax_amounts.*.({TAX})
        lines.data.*.tax_amounts.*.({TAX}) lines.data.*.taxes.*.({TAX})
    """,
    # The sandbox's own refund; Stripe's has neither of these fields.
    "sandbox_refund": """
        id object payment amount_minor currency state reason reference failure_code message(text)
        created_at as_of
    """,
}

type Tree = dict[str, Any]
_TOKEN = re.compile(r"([\w.*]+?)\.?\(([^()]*(?:\([^()]*\)[^()]*)*)\)|(\S+)")


def tree_of(spec: str) -> Tree:
    """The lines of a table as nested names; a leaf is "" or how its value is kept."""
    tree: Tree = {}
    for prefix, inner, plain in _TOKEN.findall(spec):
        if plain:
            _put(tree, plain.split("."), "")
        elif inner == "text":
            _put(tree, prefix.split("."), "text")
        else:
            branch = _branch(tree, prefix.split("."))
            for name, below in tree_of(inner).items():
                branch[name] = below
    return tree


def _branch(tree: Tree, path: list[str]) -> Tree:
    for name in path:
        below = tree.setdefault(name, {})
        if not isinstance(below, dict):
            below = tree[name] = {"": below}
        tree = below
    return tree


def _put(tree: Tree, path: list[str], how: str) -> None:
    branch = _branch(tree, path[:-1])
    if isinstance(branch.get(path[-1]), dict):
        branch[path[-1]][""] = how
    else:
        branch[path[-1]] = how


TREES: dict[str, Tree] = {kind: tree_of(spec) for kind, spec in ALLOWED.items()}


def allowed(kind: str, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What of the object may be stored, and for each field that was dropped, why."""
    dropped: dict[str, str] = {}
    kept = _keep(body, TREES.get(kind, {"id": "", "object": ""}), "", dropped)
    return kept, dropped


def _keep(value: Any, tree: Any, path: str, dropped: dict[str, str]) -> Any:
    below = tree if isinstance(tree, dict) else {"": tree}
    if isinstance(value, Mapping):
        if set(below) == {""}:  # An id is wanted, and the whole object came.
            return value.get("id")
        return {
            name: _keep(inner, below[name], f"{path}{name}.", dropped)
            for name, inner in value.items()
            if _passes(str(name), inner, below, path, dropped)
        }
    if isinstance(value, list):
        if "*" in below:
            return [_keep(each, below["*"], f"{path}*.", dropped) for each in value]
        dropped[path.rstrip(".")] = NOT_ALLOWED
        return None
    if isinstance(value, str):
        return redact_text(value)[:LONGEST_TEXT] if below.get("") == "text" else value[:255]
    return value


def _passes(name: str, value: Any, below: Tree, path: str, dropped: dict[str, str]) -> bool:
    if name in below:
        return True
    if value not in (None, [], {}, ""):
        why = "personal data" if name in PERSONAL else "secret" if name in SECRET else NOT_ALLOWED
        dropped[f"{path}{name}"] = why
    return False
