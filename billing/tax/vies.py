"""Whether a VAT number is registered: the EU's register behind an interface, its answers kept.

An answer counts for some days, so that a run of invoices asks nobody; each is kept for good, as the proof
that it was asked. Where the register cannot be asked, the last answer goes on counting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from billing.customers.models import Customer
from billing.errors import InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, note_odd, service
from billing.tax.models import VatAnswer, VatCheck
from billing.tax.numbers import check
from billing.tax.profiles import number_hash

__all__ = ["Answer", "Listed", "Offline", "Register", "check_customer", "check_number", "the_register"]

COUNTS_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a register says of a number: "valid", "invalid" or "unknown", and its number of the inquiry."""

    answer: str
    consultation: str = ""


class Register(Protocol):
    """Somebody who knows which VAT numbers are registered. ``name`` is kept with each answer."""

    name: str

    def ask(self, number: str) -> Answer:
        """What is known of a number in canonical form; "unknown" where nobody answers. Never raises."""


class Offline:
    """Nobody is asked: every number is unknown, and what was answered before goes on counting."""

    name = "offline"

    def ask(self, number: str) -> Answer:
        return Answer(VatAnswer.UNKNOWN)


class Listed:
    """A register that knows the numbers that it is given, and says of all others that they are not valid."""

    name = "listed"

    def __init__(self, numbers: Mapping[str, str] | None = None) -> None:
        self.numbers = dict(numbers or {})
        self.asked: list[str] = []

    def ask(self, number: str) -> Answer:
        self.asked.append(number)
        return Answer(self.numbers.get(number, VatAnswer.INVALID), f"LISTED-{len(self.asked):06d}")


def the_register() -> Register:
    """The register that the site's settings name."""
    made: Register = import_string(settings.VAT_REGISTER)()
    return made


@service("tax")
def check_number(
    *, country: str, number: str, now: datetime, register: Register | None = None, anew: bool = False
) -> VatCheck:
    """The newest answer about a number: the one kept, while it counts; else the register is asked, outside of
    any lock, and its answer kept. ``anew`` asks whatever is kept.

    Where the register does not answer, an older answer is given, or else the row that says so. Raises
    `InvalidInput` for a number that is none.
    """
    canonical = check(country, number)
    digest = number_hash(canonical)
    kept = VatCheck.objects.filter(number_hash=digest).exclude(answer=VatAnswer.UNKNOWN)
    newest = kept.order_by("-checked_at", "-pk").first()
    if newest is not None and not anew and newest.checked_at > now - COUNTS_FOR:
        add_facts(answer=newest.answer, kept=True)
        return newest
    asked = register or the_register()
    told = asked.ask(canonical)
    made = VatCheck.objects.create(
        country=canonical[:2],
        number_hash=digest,
        answer=told.answer,
        source=asked.name,
        consultation=told.consultation,
        checked_at=now,
    )
    add_facts(answer=made.answer, kept=False)
    if made.answer == VatAnswer.UNKNOWN and newest is not None:
        note_odd("tax.register_silent", source=asked.name)
        return newest
    return made


@service("tax")
def check_customer(
    *, customer_id: int, actor: Actor, now: datetime, register: Register | None = None, anew: bool = True
) -> VatCheck:
    """As `check_number`, for the number of a customer, and tells it in their history. Raises `Missing` for no
    customer, `InvalidInput` for one without a number or with one that is none."""
    customer = Customer.objects.select_related("identity").filter(pk=customer_id).first()
    if customer is None:
        raise Missing("customer_missing", "This customer is not here.")
    if not customer.identity.tax_id:
        raise InvalidInput(
            "vat_number_missing", "VAT number: this customer has none to ask for.", field="tax_id"
        )
    made = check_number(
        country=customer.country, number=customer.identity.tax_id, now=now, register=register, anew=anew
    )
    record(customer, "vat_number.checked", actor=actor, now=now, answer=made.answer, source=made.source)
    return made
