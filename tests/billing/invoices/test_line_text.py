"""What lines say in eleven languages, frozen as they are written."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.invoices.drafting import finalise_invoice
from billing.invoices.line_text import plan_facts, said_in, text_in, usage_facts, with_text
from billing.invoices.line_words import LINE_WORDS
from billing.invoices.queries import invoice_by_reference
from billing.models import Customer, Invoice, InvoiceLine, Tier
from reports.documents.invoice import paper_of_invoice
from reports.documents.languages import LANGUAGES
from tests import make
from tests.billing.subscriptions import life

TEAM = plan_facts("Team", 12, "year", 1)
THREE = plan_facts("Team", 1, "month", 3)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("de-AT", ("Team × 12, jährlich", "Team, alle 3 Monate", "Restliche Zeit: Team × 12, jährlich")),
        ("fr-FR", ("Team × 12, par an", "Team, tous les 3 mois", "Temps restant\xa0: Team × 12, par an")),
        ("es", ("Team × 12, anual", "Team, cada 3 meses", "Tiempo restante: Team × 12, anual")),
        ("it-IT", ("Team × 12, all’anno", "Team, ogni 3 mesi", "Tempo rimanente: Team × 12, all’anno")),
        ("pt_BR", ("Team × 12, anual", "Team, a cada 3 meses", "Tempo restante: Team × 12, anual")),
        ("nl-NL", ("Team × 12, per jaar", "Team, elke 3 maanden", "Resterende tijd: Team × 12, per jaar")),
        ("pl", ("Team × 12, rocznie", "Team, co 3 miesiące", "Pozostały czas: Team × 12, rocznie")),
        ("ro-RO", ("Team × 12, anual", "Team, la fiecare 3 luni", "Timp rămas: Team × 12, anual")),
        ("cs-CZ", ("Team × 12, ročně", "Team, každé 3 měsíce", "Zbývající čas: Team × 12, ročně")),
        ("sv-SE", ("Team × 12, per år", "Team, var 3:e månad", "Återstående tid: Team × 12, per år")),
        ("en-GB", ("", "", "")),
        ("el-GR", ("", "", "")),
        ("", ("", "", "")),
    ],
)
def test_a_plan_in_each_language(locale: str, said: tuple[str, str, str]) -> None:
    assert (text_in(TEAM, locale), text_in(THREE, locale), text_in({**TEAM, "part": "rest"}, locale)) == said


@pytest.mark.parametrize(
    ("locale", "count", "said"),
    [("ro", 2, "la fiecare 2 luni"), ("ro", 19, "la fiecare 19 luni"), ("ro", 20, "la fiecare 20 de luni"),
     ("ro", 36, "la fiecare 36 de luni"), ("pl", 5, "co 5 miesięcy"), ("pl", 24, "co 24 miesiące"),
     ("cs", 4, "každé 4 měsíce"), ("cs", 6, "každých 6 měsíců")],
)  # fmt: skip
def test_intervals_are_counted_as_each_language_does(locale: str, count: int, said: str) -> None:
    assert text_in(plan_facts("Team", 1, "month", count), locale) == f"Team, {said}"


def test_usage_has_the_figures_of_its_language() -> None:
    facts = usage_facts("API calls", Decimal("12500.500000"), 1_000_000)
    assert text_in(facts, "de") == "API calls, 12.500,5 über die 1.000.000 enthaltenen hinaus"
    assert text_in(facts, "ro") == "API calls, 12.500,5 peste cele 1.000.000 incluse"
    assert text_in(usage_facts("API calls", Decimal(42), 0), "fr") == "API calls, 42"


def test_lines_are_written_in_every_language_of_the_documents() -> None:
    assert set(LINE_WORDS) == set(LANGUAGES) - {"en"}
    for words in LINE_WORDS.values():
        assert set(words.once) == set(words.every) == {"day", "week", "month", "year"}
        assert all("{n}" in form for forms in words.every.values() for form in forms.values())
        assert "{what}" in words.rest and "{what}" in words.unused
        assert words.past.format(what="A", billed="B", included="C").count("{") == 0


def test_what_was_frozen_counts_before_what_the_words_say_now(monkeypatch: pytest.MonkeyPatch) -> None:
    why = with_text({"text": TEAM}, "de-DE")
    assert why["said"] == {"language": "de", "text": "Team × 12, jährlich"}
    monkeypatch.setattr("billing.invoices.line_text.LINE_WORDS", {})
    assert said_in(why, "Team × 12, yearly", "de-AT") == "Team × 12, jährlich"
    assert said_in(why, "Team × 12, yearly", "fr") == "Team × 12, yearly"
    assert said_in({}, "Set-up", "de") == "Set-up"


@pytest.mark.django_db
class TestOnPaper:
    @pytest.fixture
    def customer(self) -> Customer:
        return make.customer(country="DE", locale="de-DE")

    @pytest.fixture
    def tier(self) -> Tier:
        return life.tier("Team", rank=1)

    def told(self, invoice: Invoice, locale: str | None = None) -> list[str]:
        found = invoice_by_reference(invoice.reference)
        return [line.text for line in paper_of_invoice(found, locale=locale).lines]

    def test_a_period_its_rest_and_unused_time(self, customer, tier) -> None:
        row = life.start("2026-03-01", life.price(tier, 3_100), 2, customer)
        done = life.change(row, "2026-03-17", life.price(tier, 6_200, version=2), 3)
        first = Invoice.objects.filter(subscription=row).earliest("pk")
        assert self.told(first) == ["Team × 2, monatlich"]
        assert self.told(done.invoice) == [
            "Nicht genutzte Zeit: Team × 2, monatlich",
            "Restliche Zeit: Team × 3, monatlich",
        ]
        # The desk and the books read English, as ever.
        assert [x.description for x in done.invoice.lines.all()] == [
            "Unused time: Team × 2, monthly",
            "Remaining time: Team × 3, monthly",
        ]
        assert self.told(done.invoice, "ro-RO")[1] == "Timp rămas: Team × 3, lunar"
        assert self.told(done.invoice, "en-GB")[1] == "Remaining time: Team × 3, monthly"

    def test_an_issued_one_stays_whatever_is_renamed_or_spoken_later(self, customer, tier) -> None:
        row = life.start("2026-03-01", life.price(tier, 3_100), 2, customer)
        invoice = Invoice.objects.get(subscription=row)
        Tier.objects.update(name="Crew")
        Customer.objects.update(locale="fr-FR")
        assert self.told(invoice) == ["Team × 2, monatlich"]

    def test_a_draft_is_written_anew_when_it_is_issued(self, customer, tier) -> None:
        from billing.invoices.drafting import draft_invoice
        from tests.billing.invoices.orders import RUN, order, piece

        draft = draft_invoice(order(customer, piece(why={"text": TEAM})), actor=RUN, now=make.NOW)
        assert self.told(draft) == ["Team × 12, jährlich"]
        Customer.objects.update(locale="fr-FR")
        finalise_invoice(invoice_id=draft.pk, actor=RUN, now=make.NOW)
        line = InvoiceLine.objects.get(invoice=draft)
        assert line.why["said"] == {"language": "fr", "text": "Team × 12, par an"}
        assert self.told(draft) == ["Team × 12, par an"]

    def test_one_without_facts_says_what_it_says(self, customer) -> None:
        invoice = make.invoice(customer, created_at=datetime(2026, 3, 1, tzinfo=UTC))
        assert self.told(invoice, "de-DE") == [line.description for line in invoice.lines.all()]
