"""Who sells, as the environment declares it: what stands on our invoices and decides their tax."""

import re
from typing import Any

from billing.errors import InvalidInput
from billing.tax.numbers import check, check_iban
from billing.tax.places import place_of
from dashboard.environment import Reader

#: The company of the demo.
DEMO = {
    "SELLER_NAME": "Halden Software B.V.",
    "SELLER_ADDRESS": "Oudegracht 112; 3511 AW Utrecht",
    "SELLER_COUNTRY": "NL",
    "SELLER_VAT_NUMBER": "NL004495445B01",
    "SELLER_REGISTRATION_NUMBER": "30204891",
    "SELLER_IBAN": "NL91ABNA0417164300",
}
#: What an invoice must bear beside name, address and VAT number, by the seller's country.
ASKED = {"RO": ("SELLER_TAX_CODE", "SELLER_REGISTRATION_NUMBER", "SELLER_IBAN")}
REGISTRATION = {"RO": r"[JFC]\d{1,2}/\d{1,7}/\d{4}|[JFC]\d{4}\d{6}\d{2,3}"}


def read_seller(env: Reader, *, local: bool) -> dict[str, Any]:
    """The seller's facts; empty where no SELLER_COUNTRY is set, and then nothing can be invoiced.

    Locally, where none is set, the demo's seller.
    """
    demo = DEMO if local and not env.text("SELLER_COUNTRY") else {}
    country = env.text("SELLER_COUNTRY", demo.get("SELLER_COUNTRY", ""))
    oss = env.flag("SELLER_OSS", default=bool(demo))
    supplies = env.text("SELLER_SUPPLIES", "standard", choices=("standard", "reduced"))
    facts = {
        "name": env.text("SELLER_NAME", demo.get("SELLER_NAME", "")),
        "address": [
            line.strip()
            for line in env.text("SELLER_ADDRESS", demo.get("SELLER_ADDRESS", "")).split(";")
            if line.strip()
        ],
        "country": country,
        "vat_number": env.text("SELLER_VAT_NUMBER", demo.get("SELLER_VAT_NUMBER", "")),
        "tax_code": env.text("SELLER_TAX_CODE", demo.get("SELLER_TAX_CODE", "")),
        "registration_number": env.text(
            "SELLER_REGISTRATION_NUMBER", demo.get("SELLER_REGISTRATION_NUMBER", "")
        ),
        "iban": env.text("SELLER_IBAN", demo.get("SELLER_IBAN", "")),
        "bank": env.text("SELLER_BANK", demo.get("SELLER_BANK", "")),
        "email": env.text("SELLER_EMAIL", demo.get("SELLER_EMAIL", "")),
        "oss": oss,
        "supplies": supplies,
    }
    if not country:
        return {}
    _check(env, facts)
    return facts


def _check(env: Reader, facts: dict[str, Any]) -> None:
    try:
        place_of(facts["country"])
    except InvalidInput:  # quiet: refused with all others when the settings are read
        env.refuse("SELLER_COUNTRY", "must be the two letters of a country, such as RO.")
        return
    for name, key in (("SELLER_NAME", "name"), ("SELLER_ADDRESS", "address")):
        if not facts[key]:
            env.refuse(name, "is required beside SELLER_COUNTRY: it stands on every invoice.")
    if facts["vat_number"]:
        try:
            facts["vat_number"] = check(facts["country"], facts["vat_number"])
        except InvalidInput:  # quiet: as above
            env.refuse("SELLER_VAT_NUMBER", "must be a VAT number of SELLER_COUNTRY; its digits do not fit.")
    elif facts["oss"]:
        env.refuse("SELLER_OSS", "needs SELLER_VAT_NUMBER: only who is registered can use the one-stop-shop.")
    if facts["iban"]:
        try:
            facts["iban"] = check_iban(facts["iban"])
        except InvalidInput:  # quiet: as above
            env.refuse("SELLER_IBAN", "must be an IBAN; its check digits do not fit.")
    for name in ASKED.get(facts["country"], ()):
        if not facts[name.removeprefix("SELLER_").lower()]:
            env.refuse(name, f"is required where SELLER_COUNTRY is {facts['country']}.")
    _check_registration(env, facts)


def _check_registration(env: Reader, facts: dict[str, Any]) -> None:
    shape = REGISTRATION.get(facts["country"])
    if shape and facts["registration_number"] and not re.fullmatch(shape, facts["registration_number"]):
        env.refuse("SELLER_REGISTRATION_NUMBER", "must be as J40/1234/2020 or J2020001234401.")
    if facts["country"] == "RO" and facts["tax_code"]:
        try:
            facts["tax_code"] = check("RO", facts["tax_code"]).removeprefix("RO")
        except InvalidInput:  # quiet: as above
            env.refuse("SELLER_TAX_CODE", "must be a CUI; its check digit does not fit.")
