import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ids import Recognised, classify


@pytest.mark.parametrize(
    ("text", "kind", "value", "noun"),
    [
        ("", "empty", "", None),
        ("  \n ", "empty", "", None),
        ("REF-20261118-7K2M9QPA", "reference", "REF-20261118-7K2M9QPA", "REF"),
        (" ref-20261118-7k2m9qpa ", "reference", "REF-20261118-7K2M9QPA", "REF"),
        ("cus-7k2m9qpa", "reference", "CUS-7K2M9QPA", "CUS"),
        ("cus_NffrFeUfNV2Hib", "gateway_id", "cus_NffrFeUfNV2Hib", "customer"),
        ("in_1MtHbELkdIwHu7ix", "gateway_id", "in_1MtHbELkdIwHu7ix", "invoice"),
        ("pi_3MtwBwLkdIwHu7ix28a3tqPa", "gateway_id", "pi_3MtwBwLkdIwHu7ix28a3tqPa", "payment"),
        ("ch_3MmlLrLkdIwHu7ix0snN0B15", "gateway_id", "ch_3MmlLrLkdIwHu7ix0snN0B15", "charge"),
        ("re_1Nispe2eZvKYlo2Cd31jOCgZ", "gateway_id", "re_1Nispe2eZvKYlo2Cd31jOCgZ", "refund"),
        ("evt_1NG8Du2eZvKYlo2CUI79vXWy", "gateway_id", "evt_1NG8Du2eZvKYlo2CUI79vXWy", "event"),
        ("sub_1MowQVLkdIwHu7ixeRlqHVzs", "gateway_id", "sub_1MowQVLkdIwHu7ixeRlqHVzs", "subscription"),
        ("price_1MoBy5LkdIwHu7ixZhnattbh", "gateway_id", "price_1MoBy5LkdIwHu7ixZhnattbh", "price"),
        ("dp_1MtJUT2eZvKYlo2CNaw2HvEv", "gateway_id", "dp_1MtJUT2eZvKYlo2CNaw2HvEv", "dispute"),
        ("du_1MtJUT2eZvKYlo2CNaw2HvEv", "gateway_id", "du_1MtJUT2eZvKYlo2CNaw2HvEv", "dispute"),
        ("cn_1MxvRqLkdIwHu7ixY0xbUcxk", "gateway_id", "cn_1MxvRqLkdIwHu7ixY0xbUcxk", "credit_note"),
        ("card 4242", "card_last4", "4242", None),
        ("Visa ending in 4242", "card_last4", "4242", None),
        ("•••• 4242", "card_last4", "4242", None),
        ("inv 2026-00012", "invoice_number", "2026-00012", None),
        ("INV-2026-00012", "invoice_number", "INV-2026-00012", None),
        ("2026-00012", "invoice_number", "2026-00012", None),
        ("invoice #f4b7a1c2-0003", "invoice_number", "F4B7A1C2-0003", None),
        ("F4B7A1C2-0003", "invoice_number", "F4B7A1C2-0003", None),
        ("Jude.Okafor@Halden.example", "email", "jude.okafor@halden.example", None),
        ("Jude Okafor", "text", "Jude Okafor", None),
        ("Jude  Okafor ", "text", "Jude Okafor", None),
        ("12 Ave", "text", "12 Ave", None),
        ("pk_live_abcdefgh", "text", "pk_live_abcdefgh", None),
        ("jude@", "text", "jude@", None),
        ("4242", "text", "4242", None),
        ("card", "text", "card", None),
        ("invoice", "text", "invoice", None),
    ],
)
def test_what_a_text_is_the_name_of(text, kind, value, noun):
    assert classify(text) == Recognised(kind, value, noun=noun)


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("49.00 EUR", "49.00", "EUR"),
        ("eur 49", "49", "EUR"),
        ("€49", "49", "EUR"),
        ("49,00 €", "49,00", "EUR"),
        ("1,284.30", "1,284.30", None),
        ("-5.00 USD", "-5.00", "USD"),
    ],
)
def test_an_amount_keeps_its_writing_and_its_currency(text, value, currency):
    assert classify(text) == Recognised("amount", value, currency=currency)


@pytest.mark.parametrize(
    "text", ["4242424242424242", "4242 4242 4242 4242", "3782-822463-10005", "6011111111111117"]
)
def test_of_a_whole_card_number_only_the_last_four_are_kept(text):
    recognised = classify(text)

    assert recognised.kind == "card_number"
    assert recognised.value == text[-4:]
    assert "424242" not in repr(recognised)


def test_a_long_number_that_is_no_card_is_text():
    assert classify("4242424242424241").kind == "text"


@given(st.text(max_size=80))
def test_any_text_is_something_and_is_recognised_again_by_its_value(text):
    recognised = classify(text)

    assert (recognised.kind == "empty") == (not text.split())
    if recognised.kind in ("reference", "gateway_id", "email", "text", "empty"):
        assert classify(recognised.value).kind == recognised.kind
