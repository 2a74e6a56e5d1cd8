"""What stands on the paper of an invoice or a credit note, written out: nothing is left to be computed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from reports.documents.languages import Words
from reports.documents.notation import Notation

__all__ = [
    "Paper",
    "PaperGroup",
    "PaperLine",
    "PaperParty",
    "PaperSum",
    "PaperTax",
    "Stamp",
    "party_of",
    "script_of",
]


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line. ``note`` stands under the text: whose time it takes back."""

    text: str
    quantity: str
    each: str
    rate: str
    net: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaperGroup:
    """The lines of one period, in their order."""

    period: str
    lines: tuple[PaperLine, ...]


@dataclass(frozen=True, slots=True)
class PaperTax:
    """The sums of one rate and treatment; ``label`` says both in the list of sums."""

    label: str
    rate: str
    treatment: str
    net: str
    tax: str
    gross: str


@dataclass(frozen=True, slots=True)
class PaperSum:
    """A row under the total; ``strong`` is what the reader looks for."""

    label: str
    amount: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class PaperParty:
    """The seller: its name and address, its numbers, and where money is sent to."""

    name: str
    address: tuple[str, ...]
    numbers: tuple[tuple[str, str], ...] = ()
    bank: tuple[tuple[str, str], ...] = ()
    contact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """What became of the document, in a word; ``tone`` is ok, bad or idle."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Paper:
    """All amounts are written in ``locale`` and all words in ``words``. ``watermark`` lies over each page;
    ``script`` is the language of the address where the shapes of its characters depend on it."""

    words: Words
    locale: str
    currency: str
    title: str
    number: str
    issued_on: date
    issued: str
    made_at: datetime
    about: tuple[tuple[str, str], ...]
    name: str
    address: tuple[str, ...]
    tax_id: str
    seller: PaperParty
    groups: tuple[PaperGroup, ...]
    taxes: tuple[PaperTax, ...]
    net: str
    tax: str
    total: str
    total_label: str
    sums: tuple[PaperSum, ...] = ()
    laws: tuple[str, ...] = ()
    due: tuple[str, str, str] | None = None
    paying: str = ""
    pay_to: tuple[tuple[str, str], ...] = ()
    closing: tuple[str, ...] = ()
    stamp: Stamp | None = None
    watermark: str = ""
    script: str = ""

    @property
    def lines(self) -> tuple[PaperLine, ...]:
        return tuple(line for group in self.groups for line in group.lines)

    @property
    def lang(self) -> str:
        """The language of the document, for whoever has it read aloud."""
        return self.locale if self.locale.split("-")[0] == self.words.language else self.words.language

    @property
    def page_words(self) -> tuple[str, str, str]:
        """What stands before, between and after the two numbers of "page 2 of 5"."""
        before, _, rest = self.words.page.partition("{page}")
        between, _, after = rest.partition("{pages}")
        return before.strip(), between.strip(), after.strip()

    @property
    def has_quantities(self) -> bool:
        return any(line.quantity for line in self.lines)


#: One character is written differently in each of them.
SCRIPTS = {"JP": "ja", "KR": "ko", "TW": "zh-Hant", "HK": "zh-Hant", "MO": "zh-Hant", "CN": "zh-Hans"}


def script_of(country: str) -> str:
    return SCRIPTS.get(country, "")


def party_of(held: dict[str, Any], notation: Notation) -> tuple[str, tuple[str, ...], str]:
    """Name, address and tax number of a party as it was kept on the day of issue."""
    return str(held.get("name") or ""), address_of(held, notation), str(held.get("tax_id") or "")


def address_of(held: dict[str, Any], notation: Notation) -> tuple[str, ...]:
    """The rows of an address, the country written out."""
    town = " ".join(str(held[name]) for name in ("postal_code", "city") if held.get(name))
    country = notation.country(str(held.get("country") or ""))
    rows: Iterable[Any] = (held.get("line1"), held.get("line2"), town, held.get("region"), country)
    return tuple(str(row) for row in rows if row)
