"""A customer's name and its language, for rows, chips and sentences."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist


def name_of(customer: Any) -> tuple[str, str]:
    """Name and language; one who was erased is called by the reference.

    Lists select `customer__identity` with their rows.
    """
    try:
        name = customer.identity.name
    except ObjectDoesNotExist:  # quiet: an erased customer has no identity
        return f"{customer.reference} (erased)", ""
    return name or customer.reference, (customer.locale or "").replace("_", "-") if name else ""
