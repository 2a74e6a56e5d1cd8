"""References that people read out, and what a pasted text is the name of."""

from billing.ids.recognise import Recognised, classify
from billing.ids.references import (
    ALPHABET,
    Chooser,
    Minter,
    form_key,
    is_form_key,
    is_reference,
    new_reference,
    new_short_reference,
    normalise,
    seeded,
    short,
)

__all__ = [
    "ALPHABET",
    "Chooser",
    "Minter",
    "Recognised",
    "classify",
    "form_key",
    "is_form_key",
    "is_reference",
    "new_reference",
    "new_short_reference",
    "normalise",
    "seeded",
    "short",
]
