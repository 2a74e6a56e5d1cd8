"""Other ways to write the same: wide digits, invisible letters, percent signs, escapes and entities."""

import html
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\([nrtbf\"'/])")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_MEANS = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}


@lru_cache(maxsize=4096)
def plain_char(char: str) -> str:
    """The plain sign that a reader sees: an invisible one is none, every dash and space is a plain one."""
    kind = unicodedata.category(char)
    if kind in ("Cf", "Mn", "Me"):
        return ""
    if kind == "Pd" or char == "\N{MINUS SIGN}":
        return "-"
    if kind in ("Zs", "Zl", "Zp"):
        return " "
    if char in "·•∙‧・․":
        return "."
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 else char


def plain_unicode(text: str) -> str:
    if text.isascii():
        return text
    return "".join(char if char < "\x80" else plain_char(char) for char in text)


def unquoted(text: str) -> str:
    """Percent signs decoded, also when that was done twice."""
    for _ in range(3):
        if not _PERCENT.search(text):
            return text
        text = unquote(text, errors="replace")
    return text


def unescaped(text: str) -> str:
    """Backslashes of JSON decoded, also when a text was put into another."""
    for _ in range(3):
        if not _ESCAPE.search(text):
            return text
        text = _ESCAPE.sub(_meant, text.replace("\\\\", "\\"))
    return text


def _meant(match: re.Match[str]) -> str:
    wide, narrow, short = match.groups()
    if short:
        return _MEANS.get(short, short)
    char = chr(int(wide or narrow, 16))
    return char if char.isprintable() or char.isspace() else " "


def without_entities(text: str) -> str:
    return html.unescape(text) if _ENTITY.search(text) else text


def other_views(text: str) -> list[Callable[[str], str]]:
    """The ways of reading a text that may say more than its letters do."""
    ways: list[Callable[[str], str]] = []
    if not text.isascii():
        ways.append(plain_unicode)
    if "%" in text:
        ways.append(lambda found: plain_unicode(unquoted(found)))
    if "\\" in text:
        ways.append(lambda found: plain_unicode(unescaped(found)))
    if "&" in text:
        ways.append(lambda found: plain_unicode(without_entities(found)))
    return ways
