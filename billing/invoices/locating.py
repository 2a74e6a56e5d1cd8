"""Consumers whose pieces of evidence say different countries: an alert for whoever mends their address."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from billing.invoices.orders import Prepared
from billing.notifications import services as alerts
from billing.notifications.models import Alert
from billing.tax.models import EvidenceKind
from billing.tax.places import country_name

__all__ = ["ALERT", "disagrees", "tell_where"]

ALERT = "tax.location_disagrees"
#: Where nobody asks where a consumer is: outside of the EU's VAT, and of a business.
NOT_ASKED = frozenset({"reverse_charge", "export", "exempt"})


def disagrees(treatment: str, evidence: dict[str, Any]) -> bool:
    """Whether an invoice's tax hangs on a country that its evidence is not agreed on. Pure."""
    return treatment not in NOT_ASKED and evidence.get("verdict") == "disagrees"


def tell_where(issued: Sequence[Prepared], *, now: datetime) -> None:
    """Opens an alert for each customer whose evidence disagrees, and closes that of whose no longer does.

    The invoice is written all the same, by the address. One query where nothing is to be told.
    """
    told = {str(one.order.customer_id): one for one in issued}
    odd = {key for key, one in told.items() if disagrees(one.decision.treatment, one.profile.evidence)}
    for key in sorted(odd):
        one = told[key]
        alerts.open_alert(
            kind=ALERT,
            key=key,
            sentence=f"{one.reference} is taxed by the billing address, and what is known of the customer "
            f"says otherwise: {_pieces(one.profile.evidence)}. Ask them where they are.",
            now=now,
            facts={"invoice": one.reference},
        )
    open_ones = Alert.objects.filter(kind=ALERT, closed_at=None, key__in=sorted(told.keys() - odd))
    for key in open_ones.values_list("key", flat=True):
        alerts.close_alert(kind=ALERT, key=key, now=now)


def _pieces(evidence: dict[str, Any]) -> str:
    labels = dict(EvidenceKind.choices)
    said = [
        f"{labels.get(each['kind'], each['kind']).lower()} {country_name(each['country'])}"
        for each in evidence.get("pieces", [])
    ]
    return ", ".join(said)
