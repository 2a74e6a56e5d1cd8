"""The tags that screens are written with."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone

from billing.money import Money
from dashboard.parts.drawing import bar_widths, spark_points
from dashboard.parts.entries import Action, Fact, Moment
from dashboard.parts.viewer import use_locale


@pytest.fixture(autouse=True)
def plain_english():
    use_locale("")
    with timezone.override("Europe/Rome"):
        yield
    use_locale("")


def shown(source, **context):
    return Template("{% load desk %}" + source).render(Context(context))


def test_money_is_a_figure_and_its_code():
    assert shown("{% money 128430 'EUR' %}") == '<span class="money">1,284.30<abbr>EUR</abbr></span>'
    assert (
        shown("{% money it %}", it=Money(14800, "JPY")) == '<span class="money">14,800<abbr>JPY</abbr></span>'
    )


def test_a_negative_amount_has_a_true_minus():
    assert "−5.00" in shown("{% money -500 'EUR' %}")


def test_money_follows_the_viewers_locale():
    use_locale("de_DE")
    assert "1.284,30" in shown("{% money 128430 'EUR' %}")
    assert shown("{% count 12418 %}") == "12.418"


@pytest.mark.parametrize("unheard_of", ["xx_XX", "../../etc", "de_DE_DE_DE_DE"])
def test_a_locale_that_does_not_exist_reads_as_english(unheard_of):
    use_locale(unheard_of)
    assert "1,284.30" in shown("{% money 128430 'EUR' %}")


def test_what_is_not_known_is_unknown_and_never_zero():
    html = shown("{% money None 'EUR' why='Stripe has not told the fee yet.' %}")
    assert "unknown" in html and 'title="Stripe has not told the fee yet."' in html and "0" not in html
    assert shown("{% count None %}") == "unknown"
    assert "unknown" in shown("{% when None %}") and "unknown" in shown("{% day None %}")


def test_zero_is_zero():
    assert "0.00" in shown("{% money 0 'EUR' %}")


def test_an_amount_in_a_sentence():
    assert shown("Approve {% amount 128430 'EUR' %}") == "Approve 1,284.30 EUR"


def test_a_time_is_absolute_in_the_viewers_zone_with_the_rest_on_hover():
    html = shown("{% when at %}", at=datetime(2026, 11, 18, 13, 9, tzinfo=UTC))
    assert ">18 Nov 2026, 14:09</time>" in html
    assert 'datetime="2026-11-18T14:09:00+01:00"' in html
    assert 'title="18 Nov 2026, 14:09 CET · ' in html and "data-at" in html


def test_the_night_the_clocks_change_keeps_its_zone():
    html = shown("{% when at %}", at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert "25 Oct 2026, 02:30 CET" in html
    assert "25 Oct 2026, 02:30 CEST" in shown("{% when at %}", at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC))


def test_short_times_say_the_hour_today_and_the_year_only_when_it_is_another():
    now = timezone.now()
    assert f">{timezone.localtime(now):%H:%M}</time>" in shown("{% when at 'short' %}", at=now)
    assert ">3 Feb 2019</time>" in shown("{% when at 'short' %}", at=datetime(2019, 2, 3, 12, tzinfo=UTC))


def test_a_zone_without_letters_gets_some():
    with timezone.override("America/Sao_Paulo"):
        assert "UTC−3" in shown("{% when at %}", at=datetime(2026, 11, 18, 13, 9, tzinfo=UTC))


def test_a_day():
    assert shown("{% day on %}", on=date(2026, 12, 1)) == '<time datetime="2026-12-01">1 Dec 2026</time>'


def test_a_reference_shows_its_tail_and_can_be_copied():
    html = shown("{% ref 'REF-20261118-7K2M9QPA' '/refunds/x/' True %}")
    assert '<span class="ref-head">REF-20261118-</span>7K2M9QPA</a>' in html
    assert 'data-copy="REF-20261118-7K2M9QPA"' in html and 'aria-label="Copy REF-20261118-7K2M9QPA"' in html
    assert shown("{% ref 'cus_Qx1' %}") == '<span class="ref">cus_Qx1</span>'


def test_what_people_typed_is_escaped():
    evil = '"><script>alert(1)</script>'
    for tag in (
        "{% ref it it True %}",
        "{% name it %}",
        "{% copy it %}",
        "{% unknown it %}",
        "{% notice it it %}",
    ):
        assert "<script>" not in shown(tag, it=evil), tag


def test_a_name_keeps_its_own_script_and_direction():
    html = shown("{% name who '/c/1/' %}", who=SimpleNamespace(name="شركة النور للتجارة", locale="ar_EG"))
    assert '<bdi class="clip" lang="ar-EG" title="شركة النور للتجارة">' in html and 'href="/c/1/"' in html


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Money(100, "EUR"), "1.00<abbr>EUR</abbr>"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2 Jan 2026, 01:00"),
        (date(2026, 1, 2), ">2 Jan 2026<"),
        (28412, "28,412"),
        (True, "True"),
        ("Visa ···· 4242", "Visa ···· 4242"),
        (None, "unknown"),
    ],
)
def test_any_value_is_shown_by_its_kind(value, expected):
    assert expected in shown("{% show it %}", it=value)


def test_facts_and_the_timeline():
    html = shown('{% include "parts/facts.html" %}', facts=[Fact("Fee", None, why="Not told yet.")])
    assert "<dt>Fee</dt>" in html and 'title="Not told yet."' in html
    at = datetime(2026, 11, 18, 13, 9, tzinfo=UTC)
    entries = [Moment("Approval asked", at, "hourglass", "wait", "Jude Okafor", "Charged twice.")]
    html = shown('{% include "parts/timeline.html" %}', entries=entries)
    assert (
        'data-tone="wait"' in html and '<p class="quote">Charged twice.</p>' in html and "Jude Okafor" in html
    )
    assert "Nothing has happened yet." in shown('{% include "parts/timeline.html" %}', entries=[])


def test_a_refused_action_stays_with_its_reason():
    html = shown("{% action it %}", it=Action("Erase…", "/erase/", refusal="An invoice is open."))
    assert 'aria-disabled="true"' in html and "An invoice is open." in html and "/erase/" not in html
    assert "data-dialog" in shown("{% action it %}", it=Action("Refund…", "/refund/"))


class Letter(forms.Form):
    note = forms.CharField(label="Note for us", help_text="Nobody outside sees it.")
    agree = forms.BooleanField(label="Send it", required=False)


def test_a_field_ties_its_hint_and_its_error_to_the_control():
    html = shown("{% field form.note %}", form=Letter({}))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_note-hint id_note-error"' in html
    assert 'id="id_note-hint"' in html and 'id="id_note-error"' in html and 'for="id_note"' in html
    quiet = shown("{% field form.note %}", form=Letter())
    assert "aria-invalid" not in quiet and 'aria-describedby="id_note-hint"' in quiet
    assert "optional" not in quiet


def test_a_box_to_tick_has_its_words_behind_it():
    assert 'class="pick" id="id_agree"> Send it</label>' in shown("{% field form.agree %}", form=Letter())


def test_a_meter_never_leaves_its_bar():
    for total, used, other in [(9900, 8430, 1470), (100, 500, 500), (100, -5, 0), (0, 1, 1)]:
        bar = bar_widths(total, used, other)
        assert bar["a"] >= 0 and bar["b"] >= 0 and bar["b_at"] + bar["b"] <= 990


def test_a_spark_keeps_within_its_box_and_flat_numbers_are_a_flat_line():
    points = spark_points([31, 29, 15, 40])["points"].split()
    assert points[0].startswith("0.0,") and points[-1] == "52.0,3.0"
    assert {point.split(",")[1] for point in spark_points([7, 7, 7])["points"].split()} == {"14.0"}
    assert spark_points([1])["points"] == ""
