"""The colours of the tokens, in both themes, against WCAG's measure of contrast."""

import re
from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text()
PAIRS = dict(
    (name, (light, dark))
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS)
)
GROUNDS = ("canvas", "surface", "sunken", "raised", "accent-soft")


def luminance(colour):
    def linear(channel):
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


THEMES = pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])


def test_the_measure_itself():
    assert round(contrast("#000000", "#ffffff")) == 21 and contrast("#777777", "#777777") == Fraction(1)


@THEMES
@pytest.mark.parametrize("ink", ["ink", "ink-2", "ink-3", "accent-ink"])
def test_text_can_be_read_on_every_ground(theme, ink):
    for ground in GROUNDS:
        assert contrast(PAIRS[ink][theme], PAIRS[ground][theme]) >= 4.8, ground


@THEMES
@pytest.mark.parametrize("tone", ["ok", "move", "wait", "bad", "look"])
def test_a_tone_can_be_read_on_its_soft_ground_and_on_paper(theme, tone):
    assert contrast(PAIRS[tone][theme], PAIRS[f"{tone}-soft"][theme]) >= 4.5
    assert contrast(PAIRS[tone][theme], PAIRS["surface"][theme]) >= 4.5


@THEMES
def test_fields_and_series_stand_out_from_paper(theme):
    for token in (
        "line-input",
        "c-new",
        "c-expansion",
        "c-reactivation",
        "c-contraction",
        "c-churn",
        "c-one",
    ):
        assert contrast(PAIRS[token][theme], PAIRS["surface"][theme]) >= 3.0, token


@THEMES
def test_white_can_be_read_on_the_accent(theme):
    assert contrast("#ffffff", PAIRS["accent"][theme]) >= 4.5
