"""What stands on a customer's next invoices, as entered at the desk: name, address, VAT number."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from billing.customers.identity import record_people
from billing.customers.models import Customer
from billing.errors import InvalidInput, Missing
from billing.gateways.facts import PersonFact
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import service
from billing.tax.numbers import check
from billing.tax.places import place_of

__all__ = ["change_billing_details", "checked"]


def checked(person: PersonFact, country: str) -> tuple[PersonFact, str]:
    """The details as they are kept: the country as two capitals, the VAT number in canonical form.

    Raises `InvalidInput` on "name", "country" or "tax_id" with a sentence.
    """
    place_of(country, person.postal_code)
    if not person.name.strip():
        raise InvalidInput(
            "name_missing", "Name: enter who is billed, as it stands on invoices.", field="name"
        )
    entered = (person.tax_id or "").strip()
    number = check(country, entered) if entered else ""
    return replace(person, name=person.name.strip(), tax_id=number), country.strip().upper()


@service("tax")
@transaction.atomic
def change_billing_details(
    *, customer_id: int, person: PersonFact, country: str, reason: str, actor: Actor, now: datetime
) -> bool:
    """Makes a customer's name, address, country and VAT number say what is entered; whether anything changed.

    Invoices that are issued stay as they are. History keeps hashes of the personal fields, and the country.
    Raises `InvalidInput` as `checked` does, and without a reason; `Missing`.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
    person, country = checked(person, country)
    customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    if customer is None:
        raise Missing("customer_missing", "This customer is not here.")
    before = getattr(customer, "identity", None)
    if before is not None:
        # What the form does not ask for stays.
        person = replace(person, email=person.email or before.email, phone=person.phone or before.phone)
    moved = customer.country != country
    changed = bool(record_people({customer.pk: person}, [customer], actor=actor, now=now)) or before is None
    if moved:
        record(customer, "changed", actor=actor, now=now, reason=reason, country=[customer.country, country])
        customer.country = country
        customer.save(update_fields=["country"])
    elif changed:
        record(customer, "billing_details.changed", actor=actor, now=now, reason=reason)
    return changed or moved
