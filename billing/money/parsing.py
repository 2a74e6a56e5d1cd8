"""Amounts as people write them, into whole minor units, or a sentence that says what to write instead."""

import re
import unicodedata

from billing.errors import InvalidInput
from billing.money.currencies import exponent, is_currency
from billing.money.formatting import DEFAULT_LOCALE, Notation, notation, write_amount

__all__ = ["MAX_MINOR", "read_minor"]

# A form's limit, a million of a currency with cents: above it, it is far likelier a slip than a sum.
MAX_MINOR = 100_000_000

SPACES = dict.fromkeys(map(ord, "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\t"), " ")
MINUSES = dict.fromkeys(map(ord, "\N{MINUS SIGN}\N{EN DASH}\N{NON-BREAKING HYPHEN}"), "-")
QUOTES = dict.fromkeys(map(ord, "\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}"), "'")
PLAIN = SPACES | MINUSES | QUOTES
# What each sign may mean, likeliest first.
SYMBOLS = {
    "€": ("EUR",),
    "£": ("GBP", "GIP", "EGP"),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP", "BRL"),
    "¥": ("JPY", "CNY"),
    "₹": ("INR",),
}


def read_minor(
    text: str,
    currency: str,
    locale: str = DEFAULT_LOCALE,
    *,
    field: str = "amount",
    allow_zero: bool = False,
    allow_negative: bool = False,
) -> int:
    """Minor units, or `InvalidInput` on `field`; see `Money.parse` for the codes."""
    if not isinstance(text, str):
        raise TypeError(f"an amount is parsed from a str, not {type(text).__name__}")
    places = exponent(currency)
    written = notation(locale)
    example = write_amount(4900 if places == 0 else 49 * 10**places, currency, locale)

    def refuse(code: str, sentence: str, **facts: object) -> InvalidInput:
        return InvalidInput(f"amount_{code}", sentence, field=field, facts={"currency": currency} | facts)

    plain = _plain(text)
    if not plain:
        raise refuse("empty", f"Enter an amount in {currency}, for example {example}.")
    plain, stated = _without_currency(plain, currency)
    if stated and stated != currency:
        raise refuse(
            "wrong_currency",
            f"This amount is in {currency}, not {stated}: enter an amount in {currency}.",
            stated=stated,
        )
    negative = plain.startswith("-")
    digits = plain.removeprefix("-").removeprefix("+").strip()
    whole, fraction = _split(digits, written, places) or (None, "")
    if whole is None:
        if re.fullmatch(r"[0-9][0-9.,' ]*", digits):
            raise refuse(
                "ambiguous",
                f"“{_clip(text)}” can be read in more than one way: "
                f"write the amount like {example}, without grouping if in doubt.",
            )
        raise refuse("not_a_number", f"“{_clip(text)}” is not an amount: write it like {example}.")
    # Zeros count too: 49.000 may be meant as forty-nine thousand.
    if len(fraction) > places:
        rule = f"has {places} decimals" if places else "has no decimals"
        raise refuse("too_precise", f"{currency} {rule}: write the amount like {example}.", places=places)
    figures = (whole + fraction.ljust(places, "0")).lstrip("0") or "0"
    # Never turn thousands of digits into a number only to refuse it.
    minor = int(figures) if len(figures) < 18 else MAX_MINOR + 1
    if minor == 0 and not allow_zero:
        raise refuse("zero", "The amount is zero: enter an amount above zero.")
    if negative and minor and not allow_negative:
        raise refuse("negative", "The amount is negative: enter it without the minus sign.")
    if minor > MAX_MINOR:
        limit = write_amount(MAX_MINOR, currency, locale)
        raise refuse("too_large", f"The amount is above {limit} {currency}: enter a smaller one.")
    return -minor if negative else minor


def _plain(text: str) -> str:
    """Every kind of space, minus, quote and digit as its ASCII form."""
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text.translate(PLAIN)
    ).strip()


def _without_currency(plain: str, currency: str) -> tuple[str, str | None]:
    """The number, and the currency that was written before or after it, if one was."""
    for symbol, meanings in SYMBOLS.items():
        if symbol in plain:
            stated = currency if currency in meanings else meanings[0]
            return plain.replace(symbol, "", 1).strip(), stated
    match = re.fullmatch(r"(?:([A-Za-z]{3})\s*)?([^A-Za-z]+?)(?:\s*([A-Za-z]{3}))?", plain)
    code = (match[1] or match[3] or "").upper() if match else ""
    if match and is_currency(code) and not (match[1] and match[3]):
        return match[2].strip(), code
    return plain, None


def _split(digits: str, written: Notation, places: int) -> tuple[str, str] | None:
    """Whole and fraction by the locale's own signs; None if they are not a number in that locale."""
    decimal, group = _plain(written.decimal) or ".", written.group.translate(PLAIN)
    whole, separator, fraction = digits.partition(decimal)
    if separator and not fraction.isdecimal():
        return None
    if whole.isdecimal():
        return whole, fraction
    if not whole and fraction:
        return "0", fraction
    head, *groups = whole.split(group)
    sizes = [len(part) for part in groups]
    usual = all(size == 3 for size in sizes)
    local = sizes[-1:] == [written.first_group] and all(s == written.next_groups for s in sizes[:-1])
    if not groups or not all(part.isdecimal() for part in (head, *groups)) or not (usual or local):
        return None
    if len(head) > max(3 if usual else 0, written.next_groups) or head.startswith("0"):
        return None
    # One group of three and a currency of three decimals: 1,284 may be meant as 1.284.
    if places == 3 and not separator and len(groups) == 1:
        return None
    return head + "".join(groups), fraction


def _clip(text: str) -> str:
    clean = " ".join(text.split())
    return clean if len(clean) <= 40 else clean[:39] + "…"
