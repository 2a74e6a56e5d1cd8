"""What a template may say, how it is filled in, and to whom nothing is sent."""

import pytest

from billing.errors import InvalidInput
from billing.messages import rules, shipped
from billing.messages.kinds import KINDS, MEANINGS

KNOWN = ("customer_name", "company", "amount")


@pytest.mark.parametrize("language", shipped.TEXTS)
@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_shipped_text_passes_its_own_check(language: str, kind) -> None:
    subject, body = shipped.TEXTS[language][kind.name]
    assert rules.check_template(subject, body, kind.placeholders) == (subject, body.strip())
    named = set(rules.PLACEHOLDER.findall(subject + body))
    assert named == set(kind.placeholders), "a fact that a kind has is used in every language"


def test_every_placeholder_is_explained() -> None:
    assert {name for kind in KINDS.values() for name in kind.placeholders} == set(MEANINGS)


@pytest.mark.parametrize(
    ("subject", "body", "field", "named"),
    [
        ("Hello", "Dear {first_name}, {amount}", "body", "{first_name}"),
        ("{iban} and {Amount}", "Text", "subject", "{Amount}, {iban}"),
        ("Hello", "{customer_name.__class__}", "body", "{customer_name.__class__}"),
        ("Hello", "{}", "body", "{}"),
        ("Hello", "A brace { alone", "body", "brace"),
        ("Hello", "{{amount}}", "body", "brace"),
        ("", "Text", "subject", "Subject"),
        ("Two\nlines", "Text", "subject", "one line"),
        ("Hidden\u2028line", "Text", "subject", "one line"),
        ("x" * 151, "Text", "subject", "150"),
        ("Hello", "", "body", "Text"),
        ("Hello", "x" * 5_001, "body", "5,001"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field(subject, body, field, named) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.check_template(subject, body, KNOWN)
    assert refused.value.field == field
    assert named in refused.value.sentence


def test_a_line_whose_facts_are_all_empty_is_left_out() -> None:
    body = "Dear {customer_name},\n\n{note}\n\nUntil {expires_on}.\nBye {company}"
    words = {"customer_name": "", "note": "", "expires_on": "", "company": "Halden"}
    assert rules.fill("For {company}", body, words) == ("For Halden", "Bye Halden")


def test_what_is_filled_in_is_never_read_again() -> None:
    words = {"customer_name": "{amount} {{company}}", "amount": "84.30", "company": "Halden"}
    assert rules.fill("{customer_name}", "{customer_name}", words) == ("{amount} {{company}}",) * 2


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("Eve\r\nBcc: all@post.org", "For Eve Bcc: all@post.org"),
        ("Eve\nX", "For Eve X"),
        ("Eve\x00\x1b[31m\u2028\u2029\u0085X", "For Eve [31m X"),
        ("\u202egnp.exe\u202c", "For gnp.exe"),
        ("مؤسسة النور", "For مؤسسة النور"),
        ("👩‍🚀 Ltd", "For 👩‍🚀 Ltd"),
    ],
)
def test_a_name_stays_in_its_line(name: str, subject: str) -> None:
    assert rules.fill("For {customer_name}", "x", {"customer_name": rules.fact(name)})[0] == subject


def test_a_subject_has_a_bound_and_a_note_keeps_its_lines() -> None:
    assert len(rules.fill("{a}{a}", "x", {"a": "m" * 150})[0]) == rules.LONGEST_SENT_SUBJECT
    assert rules.note("One\r\nTwo\x07\n\nThree" + "x" * 5_000).startswith("One\nTwo\n\nThree")
    assert len(rules.note("x" * 5_000)) == rules.LONGEST_NOTE


@pytest.mark.parametrize(
    ("locale", "wanted"),
    [
        ("pt-BR", ["pt-BR", "pt", "en"]),
        ("pt_br", ["pt-BR", "pt", "en"]),
        ("de", ["de", "en"]),
        ("en-GB", ["en-GB", "en"]),
        ("zh-Hant-TW", ["zh-TW", "zh", "en"]),
        ("", ["en"]),
        ("../etc", ["en"]),
    ],
)
def test_where_a_language_is_looked_for(locale: str, wanted: list[str]) -> None:
    assert rules.languages_for(locale, "en") == wanted


@pytest.mark.parametrize(
    ("address", "is_example"),
    [
        ("a@kunde.example", True),
        ("a@example.com", True),
        ("a@mail.EXAMPLE.org", True),
        ("a@host.test.", True),
        ("a@localhost", True),
        ("a@example.de", False),
        ("a@myexample.com", False),
        ("a@contest", False),
    ],
)
def test_addresses_kept_for_examples(address: str, is_example: bool) -> None:
    assert rules.is_example_address(address) is is_example


def test_a_server_is_left_alone_for_longer_each_time() -> None:
    assert [rules.seconds_before_retry(n) for n in (1, 2, 3, 8)] == [60, 120, 240, 3_600]
