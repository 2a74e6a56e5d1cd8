"""Which language a document is written in, and in whose notation its days and amounts are."""

from babel import Locale, UnknownLocaleError

from reports.documents.languages import cs, de, en, es, fr, it, nl, pl, pt, ro, sv
from reports.documents.languages.words import Words

__all__ = ["LANGUAGES", "Words", "notation_for", "words_for"]

LANGUAGES: dict[str, Words] = {
    each.WORDS.language: each.WORDS for each in (en, de, fr, es, it, pt, nl, pl, ro, cs, sv)
}
FALLBACK = "en"


def words_for(locale: str) -> Words:
    """The words of the locale's language; English where documents are not written in it."""
    return LANGUAGES.get(_language(locale), LANGUAGES[FALLBACK])


def notation_for(locale: str, country: str = "") -> str:
    """The locale of a document's days and amounts: always one of the language that it is written in.

    English of nowhere in particular writes the day before the month, but for the United States.
    """
    language = words_for(locale).language
    if language != _language(locale):
        return _english(country)
    for name in (locale, f"{language}-{country}" if country else ""):
        if len(name) > 2 and _known(name):
            return name.replace("_", "-")
    return _english(country) if language == FALLBACK else language


def _english(country: str) -> str:
    return "en-US" if country == "US" else "en-GB"


def _language(locale: str) -> str:
    return locale.replace("_", "-").split("-")[0].lower()


def _known(name: str) -> bool:
    try:
        Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):  # quiet: a locale that nobody knows is not used
        return False
    return True
