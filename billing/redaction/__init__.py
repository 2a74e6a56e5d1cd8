"""Takes what is secret out of anything that is about to be logged, kept or shown.

Card numbers (`cards`), bank accounts (`ibans`), keys, tokens and passwords (`keys`), e-mail addresses and
telephone numbers (`contacts`) are replaced, also where they are written in other letters (`views`). Our own
references, gateways' ids, amounts, moments, digests and addresses of machines stay readable. The time it
takes grows with the length of the text and with nothing else.
"""

from billing.redaction.cards import passes_luhn
from billing.redaction.ibans import is_iban
from billing.redaction.keys import REMOVED
from billing.redaction.text import redact_text
from billing.redaction.values import PERSONAL_NAMES, SECRET_NAMES, is_personal_name, is_secret_name, redact

__all__ = [
    "PERSONAL_NAMES",
    "REMOVED",
    "SECRET_NAMES",
    "is_iban",
    "is_personal_name",
    "is_secret_name",
    "passes_luhn",
    "redact",
    "redact_text",
]
