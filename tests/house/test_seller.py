"""Who sells, as the environment declares it."""

import pytest

from dashboard.environment import Reader
from dashboard.invoices.environment import DEMO, read_seller

CLUJ = {
    "SELLER_NAME": "Halden Software S.R.L.",
    "SELLER_ADDRESS": "Strada Memorandumului 28; 400114 Cluj-Napoca",
    "SELLER_COUNTRY": "RO",
    "SELLER_VAT_NUMBER": "RO 18547290",
    "SELLER_TAX_CODE": "18547290",
    "SELLER_REGISTRATION_NUMBER": "J12/1234/2020",
    "SELLER_IBAN": "RO49 AAAA 1B31 0075 9384 0000",
    "SELLER_OSS": "yes",
}


def read(local=False, **environ):
    env = Reader(environ)
    return read_seller(env, local=local), env.refusals


def test_a_seller_in_romania():
    facts, refusals = read(**CLUJ)

    assert refusals == []
    assert facts["address"] == ["Strada Memorandumului 28", "400114 Cluj-Napoca"]
    assert (facts["vat_number"], facts["tax_code"]) == ("RO18547290", "18547290")
    assert facts["iban"] == "RO49AAAA1B31007593840000"
    assert (facts["oss"], facts["supplies"]) == (True, "standard")


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"SELLER_COUNTRY": "ROU"}, "SELLER_COUNTRY must be the two letters"),
        ({"SELLER_NAME": ""}, "SELLER_NAME is required beside SELLER_COUNTRY"),
        ({"SELLER_ADDRESS": " ; "}, "SELLER_ADDRESS is required"),
        ({"SELLER_VAT_NUMBER": "RO18547291"}, "SELLER_VAT_NUMBER must be a VAT number"),
        ({"SELLER_VAT_NUMBER": ""}, "SELLER_OSS needs SELLER_VAT_NUMBER"),
        ({"SELLER_TAX_CODE": ""}, "SELLER_TAX_CODE is required where SELLER_COUNTRY is RO"),
        ({"SELLER_TAX_CODE": "18547291"}, "SELLER_TAX_CODE must be a CUI"),
        ({"SELLER_REGISTRATION_NUMBER": ""}, "SELLER_REGISTRATION_NUMBER is required"),
        ({"SELLER_REGISTRATION_NUMBER": "1234"}, "SELLER_REGISTRATION_NUMBER must be as J40/1234/2020"),
        ({"SELLER_IBAN": ""}, "SELLER_IBAN is required"),
        ({"SELLER_IBAN": "RO49AAAA1B31007593840001"}, "SELLER_IBAN must be an IBAN"),
        ({"SELLER_SUPPLIES": "books"}, "SELLER_SUPPLIES must be one of"),
    ],
)
def test_what_is_malformed_keeps_the_site_from_starting(changed, refusal):
    _, refusals = read(**CLUJ | changed)
    assert len(refusals) == 1
    assert refusals[0].startswith(refusal)


def test_without_a_country_there_is_no_seller_but_the_demos():
    assert read() == ({}, [])
    facts, refusals = read(local=True)
    assert facts["name"] == DEMO["SELLER_NAME"]
    assert refusals == []
