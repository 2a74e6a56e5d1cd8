"""One text without what is secret in it, whichever way it is written."""

import re

from billing.redaction.blobs import without_blobs
from billing.redaction.cards import without_cards
from billing.redaction.contacts import without_contacts
from billing.redaction.ibans import without_ibans
from billing.redaction.keys import without_keys
from billing.redaction.views import other_views

#: Too short for any secret, or a gateway's id, or a plain word: passed without a further look.
_HARMLESS = re.compile(
    r"(?!cv)[A-Za-z0-9_.]{0,10}"
    r"|[A-Za-z]{0,32}"
    r"|[a-z]{1,20}(?:[_.][a-z]{1,20}){0,5}"
    r"|(?:pi|ch|py|re|pyr|cus|sub|si|sub_sched|in|il|ii|evt|txn|pm|card|src|price|prod|plan|di|dp|cn|cnli|po|req|"
    r"seti|acct|txr|tr|inpay|we|cs_test|cs_live|di|issfr|prv|promo|txi)_(?![A-Za-z0-9]{0,60}[0-9]{11})"
    r"[A-Za-z0-9]{1,66}"
)
#: The same with digits enough for a card or an account: nothing else can hide in one unbroken word.
_LONG_ID = re.compile(
    r"(?:pi|ch|py|re|pyr|cus|sub|si|sub_sched|in|il|ii|evt|txn|pm|card|src|price|prod|plan|di|dp|cn|cnli|po|req|"
    r"seti|acct|txr|tr|inpay|we|cs_test|cs_live|di|issfr|prv|promo|txi)_[A-Za-z0-9]{1,66}"
)
_MANY_DIGITS = re.compile(r"\d(?:\D{0,3}\d){12}")


def redact_text(text: str) -> str:
    """The text without what is secret in it."""
    if len(text) < 80 and " " not in text:
        if _HARMLESS.fullmatch(text):
            return text
        if _LONG_ID.fullmatch(text):
            return without_cards(without_ibans(text))
    views = other_views(text)  # of what came: our own marks hide nothing
    text = _scan(text)
    for view in views:
        seen = view(text)
        if seen != text and (clean := _scan(seen)) != seen:
            text = clean
    return text


def _scan(text: str) -> str:
    text = without_keys(without_blobs(text, _scan))
    if _MANY_DIGITS.search(text):
        text = without_cards(without_ibans(text))
    elif "iban" in text.lower() or len(text) >= 15:
        text = without_ibans(text)
    return without_contacts(text)
