"""What the tax of many customers depends on, read in a few statements."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from billing.customers.models import Customer
from billing.errors import InvalidInput
from billing.tax.evidence import newest_pieces, weigh
from billing.tax.models import VatAnswer, VatCheck
from billing.tax.numbers import check
from billing.tax.rules import Buyer

__all__ = ["BILLED", "Profile", "number_hash", "profiles_of"]

PURPOSE = b"countinghouse.vat-number.v1"
#: What of an identity stands on an invoice.
BILLED = ("name", "email", "line1", "line2", "city", "region", "postal_code", "tax_id")


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer for tax: the buyer as the rules see them, and what an invoice keeps of it.

    ``vat_number`` says how the number stands: "none", "malformed", "unchecked", "valid" or "invalid".
    """

    customer_id: int
    buyer: Buyer
    bill_to: dict[str, Any]
    evidence: dict[str, Any]
    vat_number: str


def number_hash(number: str) -> str:
    """A keyed hash of a VAT number in canonical form, worthless without the site's secret key."""
    key = hmac.digest(settings.SECRET_KEY.encode(), PURPOSE, hashlib.sha256)
    return hmac.new(key, number.encode(), hashlib.sha256).hexdigest()


def profiles_of(customers: Iterable[Customer]) -> dict[int, Profile | InvalidInput]:
    """The profile of each customer (read with their identity), or why there is none; two statements."""
    known = list(customers)
    numbers = {each.pk: _number(each) for each in known}
    hashes = {pk: number_hash(number) for pk, number in numbers.items() if number}
    answers = _newest_answers(hashes.values())
    evidence = newest_pieces(each.pk for each in known)
    found: dict[int, Profile | InvalidInput] = {}
    for each in known:
        answer = answers.get(hashes.get(each.pk, ""), "")
        try:
            found[each.pk] = _profile(each, numbers[each.pk], answer, evidence.get(each.pk, []))
        except InvalidInput as error:  # quiet: handed to the caller, who says it for its own order
            found[each.pk] = error
    return found


def _profile(customer: Customer, number: str | None, answer: str, pieces: list[Any]) -> Profile:
    identity = getattr(customer, "identity", None)
    postal = identity.postal_code if identity else ""
    standing = _standing(number, answer)
    is_business = standing == "valid" or (standing == "unchecked" and not settings.TAX_NEEDS_VIES)
    country = customer.country
    facts: dict[str, Any] = {"vat_number": standing}
    if not is_business and country:
        weighed = weigh(country, pieces)
        if weighed.country != country:
            country, postal = weighed.country, ""
        facts |= weighed.as_facts()
    bill_to = {name: value for name in BILLED if (value := getattr(identity, name, ""))}
    bill_to |= {"country": customer.country, "is_business": is_business}
    if number and is_business:
        bill_to["tax_id"] = number
    if customer.locale:
        bill_to["locale"] = customer.locale
    return Profile(customer.pk, Buyer(country, is_business, postal), bill_to, facts, standing)


def _number(customer: Customer) -> str | None:
    """The number in canonical form; None where there is none, "" where it is malformed."""
    identity = getattr(customer, "identity", None)
    if identity is None or not identity.tax_id or not customer.country:
        return None
    try:
        return check(customer.country, identity.tax_id)
    except InvalidInput:  # quiet: such a number makes no business, and the invoice's facts say so
        return ""


def _standing(number: str | None, answer: str) -> str:
    if number is None:
        return "none"
    if number == "":
        return "malformed"
    return answer or "unchecked"


def _newest_answers(hashes: Iterable[str]) -> dict[str, str]:
    """The newest answer that is one: that the register could not be asked says nothing of a number."""
    wanted = set(hashes)
    if not wanted:
        return {}
    rows = VatCheck.objects.filter(number_hash__in=wanted).exclude(answer=VatAnswer.UNKNOWN)
    newest = rows.order_by("number_hash", "-checked_at").distinct("number_hash")
    return dict(newest.values_list("number_hash", "answer"))
