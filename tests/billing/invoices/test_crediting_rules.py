"""How an amount divides into net and tax: in whatever parts and order, it ends exactly as it was issued."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import Conflict, InvalidInput
from billing.invoices.crediting_rules import Credited, Line, check_credit, creditable, split

PRO = Line(1, 5_200, 1_000, Decimal("19.2308"), "Pro, monthly")


def in_parts(lines: list[Line], parts: list[dict[int, int]]) -> list[Credited]:
    before: list[Credited] = []
    for part in parts:
        before += split(lines, before, part)
    return before


def test_52_and_10_of_tax_in_seven_parts_give_back_exactly_52_and_10():
    credited = in_parts([PRO], [{1: gross} for gross in (3_200, 900, 800, 300, 600, 300, 100)])

    assert [(each.net, each.tax) for each in credited] == [
        (2_684, 516), (755, 145), (671, 129), (251, 49), (504, 96), (251, 49), (84, 16),
    ]  # fmt: skip
    assert sum(each.net for each in credited) == 5_200
    assert sum(each.tax for each in credited) == 1_000


@pytest.mark.parametrize(
    ("line", "parts", "expected"),
    [
        (Line(1, 100, 19, Decimal(19)), [119], [(100, 19)]),
        (Line(1, 100, 0, None), [40, 60], [(40, 0), (60, 0)]),
        # 0.5 goes away from zero: the first cent carries the tax.
        (Line(1, 1, 1, Decimal(100)), [1, 1], [(0, 1), (1, 0)]),
        (Line(1, 3, 1, Decimal(25)), [1, 1, 1, 1], [(1, 0), (0, 1), (1, 0), (1, 0)]),
        # Yen have no minor unit, dinars three.
        (Line(1, 1_000, 100, Decimal(10)), [333, 333, 434], [(303, 30), (302, 31), (395, 39)]),
        (Line(1, 12_345, 617, Decimal(5)), [4_321, 8_641], [(4_115, 206), (8_230, 411)]),
    ],
)
def test_parts(line: Line, parts: list[int], expected: list[tuple[int, int]]):
    credited = in_parts([line], [{1: part} for part in parts])

    assert [(each.net, each.tax) for each in credited] == expected


RATES = (None, Decimal(0), Decimal(7), Decimal(19), Decimal("25.5"))


@st.composite
def invoices(draw) -> list[Line]:
    """Lines of up to three rates; where prices include tax, the tax is what the gross holds of it."""
    inclusive = draw(st.booleans())
    lines = []
    for place in range(draw(st.integers(1, 5))):
        rate = draw(st.sampled_from(RATES))
        amount = draw(st.integers(1, 100_000))
        percent = rate or Decimal(0)
        if inclusive:
            tax = int((amount * percent / (100 + percent)).to_integral_value())
            lines.append(Line(place + 1, amount - tax, tax, rate))
        else:
            lines.append(Line(place + 1, amount, int((amount * percent / 100).to_integral_value()), rate))
    return lines


@st.composite
def stories(draw) -> tuple[list[Line], list[dict[int, int]]]:
    """An invoice, and all of it asked back in parts, in any order over its lines."""
    lines = draw(invoices())
    left = {line.id: line.gross for line in lines}
    parts = []
    while any(left.values()) and len(parts) < 12:
        part = {which: draw(st.integers(0, rest)) for which, rest in left.items() if rest}
        for which, amount in part.items():
            left[which] -= amount
        parts.append(part)
    parts.append({which: rest for which, rest in left.items() if rest})
    return lines, parts


@given(stories())
def test_any_parts_in_any_order_end_exactly_as_issued(story):
    lines, parts = story
    credited: list[Credited] = []
    for part in parts:
        new = split(lines, credited, part)
        assert all(each.net >= 0 and each.tax >= 0 for each in new)
        assert sum(each.gross for each in new) == sum(part.values())
        credited += new
    for rate in {line.rate for line in lines}:
        ids = {line.id for line in lines if line.rate == rate}
        of_rate = [each for each in credited if each.line_id in ids]
        assert sum(each.net for each in of_rate) == sum(line.net for line in lines if line.rate == rate)
        assert sum(each.tax for each in of_rate) == sum(line.tax for line in lines if line.rate == rate)
    assert not any(creditable(lines, credited).values())


def test_a_discount_lowers_the_lines_of_its_rate_in_proportion():
    lines = [Line(1, 8_000, 0, None), Line(2, 2_000, 0, None), Line(3, -1_000, 0, None)]

    assert creditable(lines, []) == {1: 7_200, 2: 1_800}


def check(asked, **changed):
    facts = {"number": "INV-2026-000117", "gateway": "", "state": "paid"} | changed
    check_credit(asked, {1: 6_200}, {1: "Pro, monthly"}, "EUR", **facts)


@pytest.mark.parametrize(
    ("asked", "changed", "error", "sentence"),
    [
        ({1: 6_201}, {}, InvalidInput, "Pro, monthly: 62.01 EUR is more than the 62.00 EUR left of it."),
        ({1: -1}, {}, InvalidInput, "cannot be below zero"),
        ({2: 1}, {}, InvalidInput, "no such line"),
        ({1: 0}, {}, InvalidInput, "enter how much goes back"),
        ({1: 100}, {"gateway": "stripe"}, Conflict, "Credit it there"),
        ({1: 100}, {"state": "draft"}, Conflict, "is draft"),
        ({1: 100}, {"state": "void"}, Conflict, "is void"),
    ],
)
def test_refusals(asked, changed, error, sentence):
    with pytest.raises(error) as refused:
        check(asked, **changed)
    assert sentence in refused.value.sentence
