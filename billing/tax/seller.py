"""The seller, as the site's settings have it."""

from typing import Any

from django.conf import settings

from billing.errors import Conflict
from billing.tax.rules import Seller

__all__ = ["seller_facts", "the_seller"]


def seller_facts() -> dict[str, Any]:
    """What of the seller stands on an invoice. Raises `Conflict` where nothing is set."""
    facts: dict[str, Any] = settings.SELLER
    if not facts:
        raise Conflict(
            "seller_not_set",
            "Nobody is set as the seller, so nothing can be invoiced. Set SELLER_COUNTRY and the settings "
            "beside it.",
        )
    return dict(facts)


def the_seller() -> Seller:
    """Who sells, as the rules of tax see it."""
    facts = seller_facts()
    return Seller(
        country=facts["country"],
        registered=bool(facts["vat_number"]),
        oss=facts["oss"],
        supplies=facts["supplies"],
    )
