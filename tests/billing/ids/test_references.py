import random
import secrets
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ids import (
    ALPHABET,
    form_key,
    is_form_key,
    is_reference,
    new_reference,
    new_short_reference,
    normalise,
    seeded,
    short,
)

DAY = date(2026, 11, 18)
PREFIXES = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=5)


def test_a_reference_tells_its_kind_and_its_day():
    reference = new_reference("REF", DAY)

    assert reference.startswith("REF-20261118-")
    assert len(reference) == len("REF-20261118-7K2M9QPA")
    assert set(short(reference)) <= set(ALPHABET)
    assert new_short_reference("CUS").startswith("CUS-")


def test_the_alphabet_leaves_out_what_is_misread():
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert not set(ALPHABET) & set("ILOU")


def test_references_come_from_the_secure_source_and_do_not_repeat():
    assert new_reference.__defaults__ == (secrets,)
    assert len({new_short_reference("CUS") for _ in range(2000)}) == 2000


@given(PREFIXES, st.dates(min_value=date(1000, 1, 1)), st.integers())
def test_every_new_reference_is_one_and_is_found_however_it_is_typed(prefix, day, seed):
    reference = new_reference(prefix, day, random.Random(seed))

    assert is_reference(reference)
    assert is_reference(reference, prefix)
    assert not is_reference(reference, prefix + "X")
    assert normalise(f"  {reference.lower()} ") == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "REF",
        "REF-20261118",
        "REF-20261118-7K2M9QP",
        "REF-20261118-7K2M9QPAA",
        "REF-20261118-7K2M9QPI",
        "REF-20261318-7K2M9QPA",
        "REF-20260230-7K2M9QPA",
        "ref-20261118-7K2M9QPA",
        "R-7K2M9QPA",
        "REF-20261118-7K2M9QPA\n",
        "REF--7K2M9QPA",
        "REF-２０２６１１１８-7K2M9QPA",
    ],
)
def test_what_is_no_reference(text):
    assert not is_reference(text)


def test_no_reference_is_made_that_reads_as_one_cut_short():
    class Scripted:
        def __init__(self, script: str) -> None:
            self.script = iter(script)

        def choice(self, seq: str, /) -> str:
            return next(self.script)

    assert new_short_reference("CUS", Scripted("20261118" + "20261399")) == "CUS-20261399"
    assert is_reference("CUS-20261399")
    assert not is_reference("CUS-20261118")


def test_letters_that_were_misheard_are_read_as_digits():
    assert normalise("ref-2026lll8-7k2m9qpo") == "REF-20261118-7K2M9QP0"
    assert normalise("CUS-IL0O0000") == "CUS-11000000"
    assert normalise("Jude Okafor") == "Jude Okafor"
    assert normalise("oil-paint") == "oil-paint"


@pytest.mark.parametrize("prefix", ["", "r", "REFUND", "ref", "R1"])
def test_a_prefix_is_two_to_five_capitals(prefix):
    with pytest.raises(ValueError, match="capitals"):
        new_reference(prefix, DAY)


def test_a_form_key_is_unguessable_and_fits_a_column_of_22():
    assert len(form_key()) == 22
    assert is_form_key(form_key())
    assert len({form_key() for _ in range(1000)}) == 1000
    assert not any(is_form_key(text) for text in ("", "a" * 21, "a" * 23, "a" * 21 + " ", "a" * 21 + "é"))


def test_a_seed_gives_the_same_references_again():
    one, two = seeded(random.Random(7)), seeded(random.Random(7))

    assert one.reference("REF", DAY) == two.reference("REF", DAY)
    assert one.short_reference("CUS") == two.short_reference("CUS")
    assert one.form_key() == two.form_key()
    assert seeded(random.Random(8)).reference("REF", DAY) != seeded(random.Random(7)).reference("REF", DAY)
