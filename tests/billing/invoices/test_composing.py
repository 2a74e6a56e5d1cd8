"""From pieces to lines: they add up, tax is rounded once a group, and no invoice is below zero."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import InvalidInput
from billing.invoices.composing import Piece, TakenBack, compose
from billing.money import round_half_away
from billing.tax.rules import Decision

RO_21 = Decision("RO", Decimal(21), "standard", "Romania, standard rate.")
RO_19 = TakenBack(Decimal(19), "standard", "INV-2025-000117", None)
REVERSE = Decision("DE", Decimal(0), "reverse_charge", "The buyer owes it.")
EXPORT = Decision("US", None, "export", "Outside the EU.")


def piece(amount: int, **more) -> Piece:
    return Piece(**({"kind": "subscription", "description": "Pro, monthly", "amount_minor": amount} | more))


def unused(amount: int, **more) -> Piece:
    more = {"kind": "proration_credit", "description": "Unused time on Pro"} | more
    return piece(-amount, **more)


@pytest.mark.parametrize(
    ("pieces", "decision", "lines", "total"),
    [
        ([piece(2_900)], RO_21, [(2_900, 609)], 3_509),
        # 0.5 goes away from zero.
        ([piece(50)], RO_21, [(50, 11)], 61),
        # Three lines of 0.33 at 21 %: 0.2079 of tax once, not three times 0.07.
        ([piece(33), piece(33), piece(33)], RO_21, [(33, 7), (33, 7), (33, 7)], 120),
        ([piece(24), piece(24), piece(24)], RO_21, [(24, 5), (24, 5), (24, 5)], 87),
        # 1.11 three times at 21 %: 69.93 is 70 of tax; the first two fractions are the same as the third.
        ([piece(111), piece(111), piece(111)], RO_21, [(111, 24), (111, 23), (111, 23)], 403),
        # Inclusive: 121.00 holds 21.00.
        ([piece(12_100, inclusive=True)], RO_21, [(10_000, 2_100)], 12_100),
        ([piece(1, inclusive=True)], RO_21, [(1, 0)], 1),
        ([piece(999, inclusive=True), piece(1_000)], RO_21, [(826, 173), (1_000, 210)], 2_209),
        # Nothing is charged where the buyer owes the tax, or nobody: the price stays what it is.
        ([piece(12_100, inclusive=True)], REVERSE, [(12_100, 0)], 12_100),
        ([piece(2_900)], EXPORT, [(2_900, 0)], 2_900),
        # Unused time goes back at the rate of its own invoice: 19 %, although 21 % is charged by now.
        (
            [piece(5_900), unused(1_450, takes_back=RO_19)],
            RO_21,
            [(5_900, 1_239), (-1_450, -276)],
            5_413,
        ),
        ([], RO_21, [], 0),
        ([piece(0)], RO_21, [(0, 0)], 0),
    ],
)
def test_lines_and_total(pieces, decision, lines, total):
    made = compose(pieces, currency="RON", decision=decision)

    assert [(line.net_minor, line.tax_minor) for line in made.lines] == lines
    assert made.total_minor == total
    assert made.left_over == ()


@pytest.mark.parametrize(
    ("pieces", "lines", "total", "left"),
    [
        # The same rate: exactly nothing is owed.
        ([piece(1_000), unused(2_500)], [(1_000, 210), (-1_000, -210)], 0, 1_500),
        # Another rate: as much as fits. 1,210 owed; 1,017 net and its 193 at 19 % go back.
        ([piece(1_000), unused(2_500, takes_back=RO_19)], [(1_000, 210), (-1_017, -193)], 0, 1_483),
        # Two credits: the first whole, of the second what is left.
        ([unused(400), piece(1_000), unused(900)], [(-400, -84), (1_000, 210), (-600, -126)], 0, 300),
        # Nothing is charged: all of it waits.
        ([unused(400), unused(900)], [], 0, 1_300),
        ([piece(0), unused(900)], [(0, 0)], 0, 900),
        ([piece(1_210, inclusive=True), unused(2_000)], [(1_000, 210), (-1_000, -210)], 0, 1_000),
    ],
)
def test_a_total_is_never_below_zero(pieces, lines, total, left):
    made = compose(pieces, currency="RON", decision=RO_21)

    assert [(line.net_minor, line.tax_minor) for line in made.lines] == lines
    assert made.total_minor == total
    assert made.left_over_minor == left


def test_each_line_says_why():
    price = piece(2_900, why={"price": {"version": 2}, "discount_minor": 100})
    first, back = compose([price, unused(100, takes_back=RO_19)], currency="RON", decision=RO_21).lines

    assert first.why == {
        "price": {"version": 2},
        "discount_minor": 100,
        "tax": {"rate": "21", "treatment": "standard", "country": "RO", "rule": "Romania, standard rate."},
    }
    assert back.why["tax"]["takes_back"] == "INV-2025-000117"
    assert back.tax_rate == Decimal(19)


def test_what_is_left_over_says_of_what_it_is_a_part():
    made = compose([piece(1_000), unused(2_500)], currency="RON", decision=RO_21)

    assert made.left_over[0].why == {"part_of_minor": -2_500}
    assert made.lines[1].why["part_of_minor"] == -2_500


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (piece(100, kind="gift"), "gift is none of"),
        (piece(100, description=" "), "Description: say"),
        (piece(100, description="x" * 501), "Description: say"),
        (replace(piece(100), amount_minor=Decimal("1.5")), "whole minor units"),
        (replace(piece(100), amount_minor=True), "whole minor units"),
    ],
)
def test_refusals(wrong, sentence):
    with pytest.raises(InvalidInput) as refused:
        compose([wrong], currency="EUR", decision=RO_21)
    assert sentence in refused.value.sentence


def test_an_unknown_currency_is_refused():
    with pytest.raises(InvalidInput, match="Currency"):
        compose([piece(100)], currency="EURO", decision=RO_21)


RATES = [(Decimal(r), "standard") for r in ("0", "7", "19", "21", "25.5")] + [(None, "export")]


@st.composite
def orders(draw) -> tuple[list[Piece], Decision]:
    rate, treatment = draw(st.sampled_from(RATES))
    pieces = []
    for place in range(draw(st.integers(0, 6))):
        amount = draw(st.integers(-200_000, 200_000))
        back = None
        if amount < 0 and draw(st.booleans()):
            its_rate, its_treatment = draw(st.sampled_from(RATES))
            back = TakenBack(its_rate, its_treatment, "INV-2026-000001", None)
        kind = "proration_credit" if amount < 0 else "one_off"
        inclusive = draw(st.booleans())
        pieces.append(piece(amount, kind=kind, description=f"P{place}", inclusive=inclusive, takes_back=back))
    return pieces, Decision("DE", rate, treatment, "So it is.")


@given(orders())
def test_whatever_is_billed_adds_up(order):
    pieces, decision = order
    made = compose(pieces, currency="EUR", decision=decision)

    assert sum(line.net_minor for line in made.lines) == made.net_minor
    assert sum(line.tax_minor for line in made.lines) == made.tax_minor
    assert made.total_minor == made.net_minor + made.tax_minor >= 0
    # Charges are all there; credits went in or are left over, to the minor unit.
    stands = sum(line.piece.amount_minor for line in made.lines)
    assert stands + sum(each.amount_minor for each in made.left_over) == sum(p.amount_minor for p in pieces)
    assert all(each.amount_minor < 0 for each in made.left_over)
    # An inclusive piece costs what it says.
    assert all(
        line.net_minor + line.tax_minor == line.piece.amount_minor
        for line in made.lines
        if line.piece.inclusive
    )
    # Tax is rounded once for each rate and treatment, and no line is further than one unit from its own.
    for group in made.groups:
        some = [x for x in made.lines if (x.tax_rate, x.treatment) == (group.rate, group.treatment)]
        exact = [own_tax(line.piece, group.rate) for line in some]
        assert sum(line.tax_minor for line in some) == group.tax_minor == round_half_away(sum(exact))
        assert all(abs(line.tax_minor - own) < 2 for line, own in zip(some, exact, strict=True))


def own_tax(of: Piece, rate: Decimal | None) -> Fraction:
    percent = Fraction(rate or 0)
    return of.amount_minor * percent / (100 + percent if of.inclusive else 100)


CLASSES = {
    "": Decision("DE", Decimal(19), "standard", "Standard rate."),
    "standard": Decision("DE", Decimal(19), "standard", "Standard rate."),
    "reduced": Decision("DE", Decimal(7), "reduced", "Reduced rate."),
}


def test_each_line_has_the_rate_of_its_class():
    books, shelf = piece(2_000, tax_class="reduced"), piece(1_000)
    made = compose([books, shelf], currency="EUR", decision=CLASSES[""], of_class=CLASSES)
    assert [(line.net_minor, line.tax_minor, line.tax_rate) for line in made.lines] == [
        (2_000, 140, Decimal(7)),
        (1_000, 190, Decimal(19)),
    ]
    assert made.lines[0].why["tax"]["class"] == "reduced" and "class" not in made.lines[1].why["tax"]
    assert (made.net_minor, made.tax_minor) == (3_000, 330)


def test_what_was_billed_goes_back_at_its_own_rate_whatever_the_class_is_now():
    back = unused(500, takes_back=RO_19, tax_class="reduced")
    made = compose([piece(1_000), back], currency="EUR", decision=CLASSES[""], of_class=CLASSES)
    assert [(line.tax_minor, line.tax_rate) for line in made.lines] == [(190, 19), (-95, 19)]


@st.composite
def classed(draw) -> list[Piece]:
    pieces, _ = draw(orders())
    return [replace(each, tax_class=draw(st.sampled_from(sorted(CLASSES)))) for each in pieces]


@given(classed())
def test_at_several_rates_it_adds_up_and_each_group_is_as_if_billed_alone(pieces):
    made = compose(pieces, currency="EUR", decision=CLASSES[""], of_class=CLASSES)

    assert (sum(x.net_minor for x in made.lines), sum(x.tax_minor for x in made.lines)) == (
        made.net_minor,
        made.tax_minor,
    )
    assert made.total_minor >= 0
    stands = sum(line.piece.amount_minor for line in made.lines)
    assert stands + sum(each.amount_minor for each in made.left_over) == sum(p.amount_minor for p in pieces)
    for line in made.lines:
        back = line.piece.takes_back
        of = CLASSES[line.piece.tax_class]
        assert (line.tax_rate, line.treatment) == (
            (back.rate, back.treatment) if back else (of.rate, of.treatment)
        )
    for group in made.groups:
        some = [x for x in made.lines if (x.tax_rate, x.treatment) == (group.rate, group.treatment)]
        exact = sum((own_tax(line.piece, group.rate) for line in some), Fraction(0))
        assert sum(line.tax_minor for line in some) == group.tax_minor == round_half_away(exact)


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.sampled_from(RATES))
def test_as_much_of_a_credit_as_fits(charge, credit, rated):
    decision = Decision("DE", *rated, "So it is.")
    made = compose([piece(charge), unused(credit)], currency="EUR", decision=decision)

    # At one rate everything fits up to what is charged.
    assert made.left_over_minor == max(0, credit - charge)
    assert made.net_minor == max(0, charge - credit)
