"""A message is written once for a cause, in the customer's language, and queued with what it is about."""

from datetime import date

import pytest
from babel import Locale
from django.db import DatabaseError, connection, transaction

from billing.history.models import HistoryEntry
from billing.messages import services
from billing.messages.composing import BAD_ADDRESS, ERASED, EXAMPLE, NO_ADDRESS, preview
from billing.messages.models import Message, MessageText
from billing.messages.words import UNITS, Credits, Note, in_words
from billing.models import IdentityKey
from billing.money import Money
from tests import make
from tests.billing.messages.desk import JUDE, jobs_of, somebody, states_of, written
from tests.make import NOW

pytestmark = pytest.mark.django_db

PROMISED = {"amount": Money(128_430, "EUR"), "reference": "REF-20261118-7K3N9Q4F", "note": Note("")}


def test_it_is_in_their_language_with_amounts_as_they_write_them() -> None:
    message = written(somebody(name="Brückner GmbH"))
    text = message.text
    assert (message.state, message.language, message.version) == ("queued", "de", 0)
    assert text.subject == "Ihre Rückerstattung von €\xa01.284,30 ist unterwegs"
    assert text.body.startswith("Guten Tag Brückner GmbH,\n\nwir haben €\xa01.284,30")
    assert text.body.endswith("Mit freundlichen Grüßen\nHalden")
    assert jobs_of(message) == 1 and states_of(message) == ["queued"]


@pytest.mark.parametrize(
    ("locale", "language", "subject"),
    [
        ("de-DE", "de", "12.500 Tokens verfallen am 25. November 2026"),
        ("fr-FR", "fr", "12\u202f500 jetons expirent le 25 novembre 2026"),
        ("sv-SE", "sv", "12\xa0500 tokens upphör den 25 november 2026"),
        ("pt-BR", "pt", "12.500 tokens terminam em 25 de novembro de 2026"),
        ("pl-PL", "pl", "12\xa0500 tokenów: koniec ważności 25 listopada 2026"),
        ("ro-RO", "ro", "12.500 de tokenuri: valabile până la 25 noiembrie 2026"),
        ("cs-CZ", "cs", "12\xa0500 tokenů: platnost končí 25. listopadu 2026"),
        ("el-GR", "en", "12,500 tokens end on November 25, 2026"),
        ("ar-AE", "en", "12,500 tokens end on November 25, 2026"),
        ("en-GB", "en", "12,500 tokens end on 25 November 2026"),
        ("xx-nonsense", "en", "12,500 tokens end on November 25, 2026"),
    ],
)
def test_a_locale_leads_to_a_language(locale: str, language: str, subject: str) -> None:
    facts = {"credits": Credits(12_500, "tokens"), "expires_on": date(2026, 11, 25)}
    told = preview("credits_expiring", somebody(locale=locale), facts)
    assert (told.language, told.subject) == (language, subject)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("ro-RO", {1: "1 token", 2: "2 tokenuri", 19: "19 tokenuri", 20: "20 de tokenuri",
                   100: "100 de tokenuri", 101: "101 tokenuri", 119: "119 tokenuri", 120: "120 de tokenuri"}),
        ("pl-PL", {1: "1 token", 4: "4 tokeny", 5: "5 tokenów", 22: "22 tokeny"}),
        ("cs-CZ", {1: "1 token", 4: "4 tokeny", 5: "5 tokenů"}),
        ("en", {1: "1 token", 2: "2 tokens"}),
        ("fr_FR", {1: "1 jeton", 2: "2 jetons", 1_000_000: "1\u202f000\u202f000 de jetons"}),
        ("xx-nonsense", {1: "1 token", 5: "5 tokens"}),
    ],
)  # fmt: skip
def test_units_are_counted_as_each_language_does(locale: str, said: dict[int, str]) -> None:
    assert {amount: in_words(Credits(amount, "tokens"), locale) for amount in said} == said


def test_every_language_names_both_units_in_all_forms_that_it_counts_in() -> None:
    for forms in UNITS.values():
        assert set(forms) == set(UNITS["tokens"])
        for language, named in forms.items():
            counted = {Locale.parse(language).plural_form(number) for number in range(200)}
            assert counted <= set(named), language


@pytest.mark.parametrize(
    ("amount", "words"),
    [(Money(12_000, "JPY"), "12.000\xa0¥"), (Money(1_234_567, "KWD"), "1.234,567\xa0KWD")],
)
def test_currencies_without_and_with_three_places(amount: Money, words: str) -> None:
    told = preview("refund_promised", somebody(locale="de-DE"), PROMISED | {"amount": amount})
    assert told.subject == f"Ihre Rückerstattung von {words} ist unterwegs"


def test_one_cause_is_written_about_once() -> None:
    customer = somebody()
    first = written(customer, cause="refund:REF-1:promised")
    again = written(customer, cause="refund:REF-1:promised")
    assert first.pk == again.pk
    assert Message.objects.count() == 1 and jobs_of(first) == 1


def test_what_is_rolled_back_is_not_written() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        message = written()
        raise RuntimeError("the refund was not promised after all")
    assert not Message.objects.exists() and jobs_of(message) == 0


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("kunde@post.example", EXAMPLE),
        ("not an address", BAD_ADDRESS),
        ("a@b.de\nBcc: c@d.de", BAD_ADDRESS),
        ("x" * 250 + "@b.de", BAD_ADDRESS),
    ],
)
def test_nothing_is_queued_to_such_an_address(email: str, why: str) -> None:
    customer = somebody()
    type(customer.identity).objects.filter(customer=customer).update(email=email[:254])
    message = written(customer)
    assert (message.state, message.why_not) == ("canceled", why)
    assert jobs_of(message) == 0 and states_of(message) == ["canceled"]


def test_no_address_and_no_identity_are_told_apart() -> None:
    customer = somebody()
    type(customer.identity).objects.filter(customer=customer).update(email="")
    assert written(customer).why_not == NO_ADDRESS
    customer.identity.delete()
    IdentityKey.objects.filter(customer=customer).delete()
    assert written(customer).why_not == ERASED


def test_examples_are_written_to_when_the_setting_says_so(settings) -> None:
    settings.MAIL_EXAMPLE_ADDRESSES = True
    assert written(make.customer()).state == "queued"


def test_a_message_that_waits_is_let_go_or_called_off_once() -> None:
    waits = written(waits=True)
    assert (waits.state, jobs_of(waits)) == ("waiting", 0)
    assert services.release(cause=waits.cause, actor=JUDE, now=NOW).state == "queued"
    assert services.release(cause=waits.cause, actor=JUDE, now=NOW) is None
    assert jobs_of(waits) == 1
    off = written(waits=True)
    assert (
        services.cancel(cause=off.cause, why="The refund was rejected.", actor=JUDE, now=NOW).state
        == "canceled"
    )
    assert services.release(cause=off.cause, actor=JUDE, now=NOW) is None
    assert jobs_of(off) == 0


def test_personal_words_stand_in_one_table_alone() -> None:
    """A name, an address and a note to them are in no row that is kept for good."""
    customer = somebody(name="Żółć Kanarienvogel", email="kanarie@voegel.de")
    note = {"note": Note("Gute Besserung an Frau Kanarienvogel")}
    message = written(customer, facts=PROMISED | note)
    assert "Kanarienvogel" in message.text.body
    with connection.cursor() as cursor:
        for table in ("billing_message", "billing_messageevent", "billing_historyentry"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE '%%kanarie%%'")
            assert cursor.fetchone()[0] == 0, table
    MessageText.objects.filter(message=message).delete()  # what erasure does
    assert HistoryEntry.objects.filter(subject_kind="message", subject_id=message.pk).exists()


def test_words_are_never_edited_and_states_move_as_listed() -> None:
    message = written()
    with pytest.raises(DatabaseError, match="as they were written"), transaction.atomic():
        MessageText.objects.filter(message=message).update(subject="Something else")
    with pytest.raises(DatabaseError, match="cannot go from queued to sent"), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(state="sent", sent_at=NOW)


def test_a_fact_that_the_kind_does_not_have_is_a_bug() -> None:
    with pytest.raises(KeyError, match="iban"):
        written(facts={"iban": "DE89 3704"})
