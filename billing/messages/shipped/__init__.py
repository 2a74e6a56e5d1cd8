"""The texts that hold until somebody edits them, by language and kind: (subject, text)."""

from billing.messages.shipped import cs, de, en, es, fr, it, nl, pl, pt, ro, sv

FALLBACK = "en"
TEXTS: dict[str, dict[str, tuple[str, str]]] = {
    "en": en.TEXTS,
    "de": de.TEXTS,
    "es": es.TEXTS,
    "fr": fr.TEXTS,
    "it": it.TEXTS,
    "nl": nl.TEXTS,
    "pl": pl.TEXTS,
    "pt": pt.TEXTS,
    "ro": ro.TEXTS,
    "cs": cs.TEXTS,
    "sv": sv.TEXTS,
}
