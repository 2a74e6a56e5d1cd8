"""References: REF-20261118-7K2M9QPA for what happens on a day, CUS-7K2M9QPA for what lasts.

The eight characters come from Crockford's alphabet, which leaves out I, L, O and U: 40 bits that survive
being read out over the telephone. They are random and not unique by themselves: the column's constraint is.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Protocol

__all__ = [
    "ALPHABET",
    "Chooser",
    "Minter",
    "form_key",
    "is_form_key",
    "is_reference",
    "new_reference",
    "new_short_reference",
    "normalise",
    "seeded",
    "short",
]

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
KEY_LENGTH = 22

PREFIX = re.compile(r"[A-Z]{2,5}")
REFERENCE = re.compile(rf"([A-Z]{{2,5}})-(?:([0-9]{{8}})-)?([{ALPHABET}]{{{LENGTH}}})")
KEY = re.compile(rf"[A-Za-z0-9_-]{{{KEY_LENGTH}}}")
MISREAD = str.maketrans("OIL", "011")


class Chooser(Protocol):
    """Whatever picks one of a sequence: the `secrets` module, or a `random.Random` in a demo."""

    def choice(self, seq: str, /) -> str: ...


def new_reference(prefix: str, on: date, random: Chooser = secrets) -> str:
    """ "REF-20261118-7K2M9QPA": a reference of that day."""
    return f"{_prefix(prefix)}-{on:%Y%m%d}-{_tail(random)}"


def new_short_reference(prefix: str, random: Chooser = secrets) -> str:
    """ "CUS-7K2M9QPA": a reference of something that lasts."""
    return f"{_prefix(prefix)}-{_tail(random)}"


def form_key(random: Chooser = secrets) -> str:
    """A token of 22 characters (132 bits) that makes one form one deed, however often it is posted."""
    return "".join(random.choice(KEY_ALPHABET) for _ in range(KEY_LENGTH))


def is_form_key(text: str) -> bool:
    return KEY.fullmatch(text) is not None


def is_reference(text: str, prefix: str | None = None) -> bool:
    """Whether the text is a reference in its canonical form (and of that prefix, if one is given)."""
    match = REFERENCE.fullmatch(text)
    if match is None or prefix not in (None, match[1]) or _is_day(match[3]):
        return False
    return match[2] is None or _is_day(match[2])


def normalise(text: str) -> str:
    """What was typed or heard in canonical form: capitals, O as 0, I and L as 1 where no letter can be.

    A text that does not become a reference by that is returned as it came.
    """
    prefix, dash, rest = text.strip().upper().partition("-")
    canonical = prefix + dash + rest.translate(MISREAD)
    return canonical if is_reference(canonical) else text


def short(reference: str) -> str:
    """The last part, for narrow columns: "REF-20261118-7K2M9QPA" gives "7K2M9QPA"."""
    return reference.rpartition("-")[2]


@dataclass(frozen=True, slots=True)
class Minter:
    """The same references from one source of chance, so that a demo comes out the same for a seed."""

    random: Chooser

    def reference(self, prefix: str, on: date) -> str:
        return new_reference(prefix, on, self.random)

    def short_reference(self, prefix: str) -> str:
        return new_short_reference(prefix, self.random)

    def form_key(self) -> str:
        return form_key(self.random)


def seeded(random: Random) -> Minter:
    """For the demo and for tests only: whoever knows the seed knows every reference."""
    return Minter(random)


def _tail(random: Chooser) -> str:
    # One that reads as a day would make CUS-20261118 look like a reference cut short.
    while _is_day(tail := _letters(random)):
        continue
    return tail


def _letters(random: Chooser) -> str:
    if random is not secrets:
        return "".join(random.choice(ALPHABET) for _ in range(LENGTH))
    # The system is asked once for all five bits of each letter: a billing run needs thousands of them.
    bits = secrets.randbits(5 * LENGTH)
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(0, 5 * LENGTH, 5))


def _prefix(prefix: str) -> str:
    if not PREFIX.fullmatch(prefix):
        raise ValueError(f"a prefix is two to five capitals, not {prefix!r}")
    return prefix


def _is_day(text: str) -> bool:
    if not text.isdecimal():
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True
