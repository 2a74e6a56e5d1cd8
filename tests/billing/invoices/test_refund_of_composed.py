"""What was composed is credited to the last minor unit: in any parts, net and tax end exactly as issued."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.invoices.composing import Piece, compose
from billing.invoices.crediting_rules import Line, creditable, split
from billing.tax.rules import Decision

RATES = [(Decimal(rate), "standard") for rate in ("0", "7", "19", "25.5")] + [(None, "export")]


@st.composite
def stories(draw) -> tuple[list[Line], list[dict[int, int]]]:
    """A composed invoice of charges, and all of it asked back in parts."""
    rate, treatment = draw(st.sampled_from(RATES))
    amounts = draw(st.lists(st.tuples(st.integers(1, 90_000), st.booleans()), min_size=1, max_size=5))
    pieces = [Piece("one_off", f"P{n}", amount, inclusive=each) for n, (amount, each) in enumerate(amounts)]
    made = compose(pieces, currency="EUR", decision=Decision("DE", rate, treatment, "So it is."))
    lines = [
        Line(place, line.net_minor, line.tax_minor, line.tax_rate, treatment=line.treatment)
        for place, line in enumerate(made.lines, 1)
    ]
    left = {line.id: line.gross for line in lines}
    parts = []
    for _ in range(draw(st.integers(0, 6))):
        part = {which: draw(st.integers(0, rest)) for which, rest in left.items() if rest}
        for which, amount in part.items():
            left[which] -= amount
        parts.append(part)
    return lines, [*parts, {which: rest for which, rest in left.items() if rest}]


@given(stories())
def test_credited_in_any_parts_it_ends_as_it_was_composed(story):
    lines, parts = story
    credited = []
    for part in parts:
        credited += split(lines, credited, part)

    assert sum(each.net for each in credited) == sum(line.net for line in lines)
    assert sum(each.tax for each in credited) == sum(line.tax for line in lines)
    assert not any(creditable(lines, credited).values())


def test_equal_rates_of_other_treatments_are_other_groups():
    # 19 % at home, and 19 % by the one-stop-shop, are owed to two tax offices and rounded by themselves.
    lines = [Line(1, 50, 10, Decimal(19), treatment="standard"), Line(2, 50, 9, Decimal(19), treatment="oss")]
    credited = split(lines, [], {1: 60, 2: 59})

    assert [(each.net, each.tax) for each in credited] == [(50, 10), (50, 9)]
