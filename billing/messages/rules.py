"""What a message may become, and what a template may say. Pure: no ORM, no clock, no network."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from billing.errors import InvalidInput
from billing.history.machines import Machine, moves

MACHINE = Machine(
    "message",
    moves("""
        waiting → queued | canceled
        queued → sending | canceled
        sending → sent | failed | queued
        failed → queued | canceled
    """),
)

LONGEST_SUBJECT = 150
LONGEST_BODY = 5_000
LONGEST_REASON = 1_000
LONGEST_FACT = 200
LONGEST_NOTE = 2_000
#: A subject with its facts filled in is cut here.
LONGEST_SENT_SUBJECT = 200
MOST_TRIES = 8
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
PLACEHOLDER = re.compile(r"\{([^{}\n]{0,60})\}")
#: Marks that turn the direction of the text after them around: a name has no business doing that.
TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
#: Names that the domain name system keeps for examples (RFC 2606, RFC 6761): nobody reads mail there.
EXAMPLE_ENDINGS = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")


def check_template(subject: str, body: str, allowed: Iterable[str]) -> tuple[str, str]:
    """The two as they are kept. Raises `InvalidInput` naming the field, and a wrong placeholder."""
    subject, body = subject.strip(), body.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not subject or len(subject) > LONGEST_SUBJECT or one_line(subject) != subject:
        raise InvalidInput(
            "subject_malformed", f"Subject: one line of 1 to {LONGEST_SUBJECT} characters.", field="subject"
        )
    if not body or len(body) > LONGEST_BODY:
        raise InvalidInput(
            "body_malformed",
            f"Text: 1 to {LONGEST_BODY:,} characters, this has {len(body):,}.",
            field="body",
        )
    known = tuple(allowed)
    for field, label, text in (("subject", "Subject", subject), ("body", "Text", body)):
        _check_placeholders(field, label, text, known)
    return subject, body


def _check_placeholders(field: str, label: str, text: str, known: tuple[str, ...]) -> None:
    usable = ", ".join(f"{{{name}}}" for name in known)
    unknown = sorted({name for name in PLACEHOLDER.findall(text) if name not in known})
    if unknown:
        named = ", ".join(f"{{{name}}}" for name in unknown)
        raise InvalidInput(
            "placeholder_unknown",
            f"{label}: {named} cannot be filled in here. Use {usable}.",
            field=field,
            facts={"placeholders": len(unknown)},
        )
    if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
        raise InvalidInput(
            "brace_alone",
            f"{label}: a brace stands alone. Braces only go around a placeholder, one of {usable}.",
            field=field,
        )


def fill(subject: str, body: str, words: Mapping[str, str]) -> tuple[str, str]:
    """Subject and text with the words in their places.

    A line whose placeholders have all come out empty is left out, and blank lines never stand in twos. What
    is filled in is never read again, so that braces in a name stay braces.
    """
    kept = []
    for line in body.split("\n"):
        named = PLACEHOLDER.findall(line)
        if named and not any(words.get(name, "") for name in named):
            continue
        kept.append(_filled(line, words))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return one_line(_filled(subject, words))[:LONGEST_SENT_SUBJECT].strip(), text


def _filled(text: str, words: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: words.get(found[1], ""), text)


def one_line(text: str) -> str:
    """Without line ends, other control characters and marks that turn the direction; single blanks."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return re.sub(r" {2,}", " ", plain.translate(TURNING)).strip()


def fact(text: str) -> str:
    """A word or two that stand in a line."""
    return one_line(text)[:LONGEST_FACT]


def note(text: str) -> str:
    """Some lines that somebody wrote: line ends stay, other control characters go."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")[:LONGEST_NOTE].split("\n")
    return "\n".join(one_line(line) for line in lines).strip()


def is_example_address(address: str) -> bool:
    """Whether nobody can ever read what is sent there."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return any(domain == ending or domain.endswith(f".{ending}") for ending in EXAMPLE_ENDINGS)


def languages_for(locale: str, fallback: str) -> list[str]:
    """In which languages a text is looked for: "pt-BR", then "pt", then the company's own."""
    parts = [part for part in locale.strip().replace("_", "-").split("-") if part]
    wanted: list[str] = []
    if parts and parts[0].isalpha():
        language = parts[0].lower()
        region = next((part.upper() for part in parts[1:] if len(part) == 2), "")
        wanted = [f"{language}-{region}", language] if region else [language]
    return list(dict.fromkeys([*wanted, fallback]))


def seconds_before_retry(attempts: int) -> int:
    """How long a mail server is left alone: a minute, then longer, at most an hour."""
    return min(60 * 2 ** max(attempts - 1, 0), 3_600)
