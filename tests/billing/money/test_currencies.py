import pytest
from babel import Locale

from billing.money import exponent, is_currency

# ISO 4217, list one, current funds codes included; all other current currencies have two.
NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE = "BHD IQD JOD KWD LYD OMR TND"
FOUR = "CLF UYW"
TWO = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY
    COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW
"""


@pytest.mark.parametrize(("codes", "places"), [(NONE, 0), (TWO, 2), (THREE, 3), (FOUR, 4)])
def test_exponents_are_those_of_iso_4217(codes, places):
    assert {code: exponent(code) for code in codes.split()} == dict.fromkeys(codes.split(), places)


def test_every_currency_has_an_exponent_that_the_books_can_hold():
    known = [code for code in Locale("en").currencies if is_currency(code)]

    assert len(known) > 280
    assert {exponent(code) for code in known} == {0, 2, 3, 4}


@pytest.mark.parametrize("code", ["eur", "XXX", "XTS", "XAU", "QQQ", ""])
def test_what_is_no_currency_has_no_exponent(code):
    assert not is_currency(code)
    with pytest.raises(ValueError, match="ISO 4217"):
        exponent(code)
