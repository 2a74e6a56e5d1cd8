"""Card numbers: a network's beginning and length, and Luhn's check; in one piece or in groups.

A run of digits that fails the check is no card: references and order numbers would be lost with it. Two
exceptions, for a number mistyped is still most of a number: sixteen digits of Visa's or Mastercard's that are
all there is, or that the text itself calls a card.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

#: Beginnings by length. 13 digits are left to Visa alone: timestamps and article numbers have 13.
_NETWORKS = {
    13: r"4",
    14: r"30[0-5]|3095|36|38|39|503|58|67",
    15: r"34|37|1220|1[38]00|2131|50|5[6-8]|67",
    16: r"4|5[0-8]|2[2-7]|3[05689]|6|81|82|9792",
    17: r"50|5[6-8]|67|3[689]",
    18: r"50|5[6-8]|67|3[689]|62",
    19: r"4|50|5[6-8]|6|22|35|3[689]|9792",
}
NETWORKS = {length: re.compile(begins) for length, begins in _NETWORKS.items()}
SHORTEST, LONGEST = 13, 19
#: Orders are written in uneven groups too: 114-3941689-8772232.
UNEVEN = frozenset([13, 14, 15, 16, 19])

#: As cards are printed and spoken, and with a last group cut short by a network's length.
_GROUPED = (4444, 465, 464, 44443, 445, 456, 88, 44441, 44442, 555, 4443, 4442, 4441)
_GROUPS = frozenset([*(tuple(int(size) for size in str(sizes)) for sizes in _GROUPED), (6, 13)])
_RUN = re.compile(r"\d(?:[\s.\-_/|:~+*]{0,3}\d){12,}")
#: What stands before the digits of a fraction: a computer writes seventeen digits at most.
_FRACTION = re.compile(r"(?<![\d.])(?:0|\d{2,3})\.$")
_DIGITS = re.compile(r"\d+")
_PLAIN_BETWEEN = re.compile(r"[\s.\-]{1,3}")
_HEX = re.compile(r"[0-9a-f]{24,}|[0-9A-F]{24,}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PAYPAL_ID = re.compile(r"(?<![A-Za-z0-9])[A-Z0-9]*[A-Z][0-9]+[A-Z][A-Z0-9]*(?![A-Za-z0-9])")
_WORDS_FOR_ONE = re.compile(r"(?i)(?:card|\bpan\b|карт|carte|karte|tarjeta|visa|mastercard)\D{0,16}$")
#: Number, month, year and code, as thieves pass them on.
_CODE_BEHIND = re.compile(
    r"(\[card …\d{4}\]\s?[|:;,/]\s?\d{1,2}\s?[|:;,/]\s?\d{2,4}\s?[|:;,/]\s?)\d{3,4}(?!\d)"
)
_MISTYPED = re.compile(r"4|5[1-5]|2[2-7]")

type Group = tuple[int, int]


def passes_luhn(digits: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1): the weighted sum of the digits is a multiple of ten."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(set(digits)) > 1


def is_card(digits: str) -> bool:
    """Whether the digits are a card's: a network's beginning, its length, and the check."""
    network = NETWORKS.get(len(digits))
    return bool(network and network.match(digits)) and passes_luhn(digits)


def without_cards(text: str) -> str:
    """The text with each card's number replaced by its last four digits."""
    pieces, done = [], 0
    for run in _RUN.finditer(text):
        for start, end in _in_run(text, run.start(), run.end()):
            pieces.append(text[done:start] + f"[card …{_digits(text[start:end])[-4:]}]")
            done = end
    return _CODE_BEHIND.sub(r"\1[removed]", "".join(pieces) + text[done:]) if pieces else text


def _digits(text: str) -> str:
    return "".join(str(int(char)) for char in text if char.isdecimal())


def _in_run(text: str, first: int, last: int) -> Iterator[Group]:
    groups = [(each.start(), each.end()) for each in _DIGITS.finditer(text, first, last)]
    at = 0
    while at < len(groups):
        found = _at(text, groups, at)
        if found is None:
            at += 1
            continue
        size, group = found
        yield group
        at += size


def _at(text: str, groups: list[Group], at: int) -> tuple[int, Group] | None:
    """The card that begins with this group, and how many groups it takes."""
    start, end = groups[at]
    if end - start >= SHORTEST:
        return (1, groups[at]) if _alone(text, start, end) else None
    whole = len(groups) - at
    for size in range(2, min(whole, 5) + 1):
        window = groups[at : at + size]
        if tuple(b - a for a, b in window) in _GROUPS and _between_fits(text, window, regular=True):
            found = (start, window[-1][1])
            if _is_one(text, found) and not _is_uuid(text, found):
                return size, found
    return _uneven(text, groups, at)


def _uneven(text: str, groups: list[Group], at: int) -> tuple[int, Group] | None:
    """A card in groups that none is printed in: all of a row of digits with one and the same sign between."""
    if at + 1 >= len(groups):
        return None
    sign = text[groups[at][1] : groups[at + 1][0]]
    if at and text[groups[at - 1][1] : groups[at][0]] == sign:
        return None
    last = at + 1
    while last + 1 < len(groups) and text[groups[last][1] : groups[last + 1][0]] == sign:
        last += 1
    window = groups[at : last + 1]
    if sign == "." and len(window) == 2:
        return None  # 45.92179064946812 is a number with a fraction
    found = (groups[at][0], groups[last][1])
    fits = sum(b - a for a, b in window) in UNEVEN and _between_fits(text, window, regular=False)
    return (len(window), found) if fits and _is_one(text, found) and not _is_uuid(text, found) else None


def _alone(text: str, start: int, end: int) -> bool:
    """Whether one unbroken group of digits is a card: not the fraction of a number, nor part of a digest."""
    whole = _FRACTION.search(text, max(0, start - 4), start)
    if whole and (whole.group() == "0." or end - start < 16):
        return False
    if _in_digest(text, start, end) or _is_uuid(text, (start, end)) or _in_paypal_id(text, start, end):
        return False
    if end - start > LONGEST:
        zeros = end - start - len(text[start:end].lstrip("0"))
        start += zeros
    return SHORTEST <= end - start <= LONGEST and _is_one(text, (start, end))


def _between_fits(text: str, groups: list[Group], *, regular: bool) -> bool:
    """What stands between the groups: spaces, dashes and dots in any mix, or always the same other sign. In
    groups that no card is printed in, always the same."""
    between = [text[a[1] : b[0]] for a, b in pairwise(groups)]
    if all(each == between[0] for each in between):
        return regular or bool(_PLAIN_BETWEEN.fullmatch(between[0]))
    if all(each.isspace() for each in between):
        return True
    return regular and all(_PLAIN_BETWEEN.fullmatch(each) for each in between)


def _is_one(text: str, group: Group) -> bool:
    digits = _digits(text[group[0] : group[1]])
    if is_card(digits):
        return True
    if len(digits) != 16 or not _MISTYPED.match(digits):
        return False
    alone = not text[: group[0]].strip("'\"` \n\t") and not text[group[1] :].strip("'\"` \n\t")
    return alone or bool(_WORDS_FOR_ONE.search(text, max(0, group[0] - 40), group[0]))


def _in_digest(text: str, start: int, end: int) -> bool:
    """Whether the digits stand inside a hexadecimal word of a digest's length."""
    left = start
    while left > max(0, start - 128) and text[left - 1] in "0123456789abcdefABCDEF":
        left -= 1
    found = _HEX.match(text, left)
    return bool(found) and found.end() >= end and found.end() - left > LONGEST + 4  # type: ignore[union-attr]


def _in_paypal_id(text: str, start: int, end: int) -> bool:
    """Whether the digits stand between letters inside one of PayPal's ids, of seventeen characters."""
    for found in _PAYPAL_ID.finditer(text, max(0, start - 17), end + 17):
        if found.start() < start and end < found.end():
            return found.end() - found.start() == 17
    return False


def _is_uuid(text: str, group: Group) -> bool:
    for begins in range(max(0, group[0] - 36), group[0] + 1):
        found = _UUID.match(text, begins)
        if found and found.end() >= group[1]:
            return True
    return False
