"""Where a consumer is: two pieces that agree, as the law of electronic supplies asks, kept on invoices."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from billing.errors import InvalidInput
from billing.fields import AnyOf
from billing.tax.models import EvidenceKind, LocationEvidence
from billing.tax.places import place_of

__all__ = ["Piece", "Weighed", "newest_pieces", "record_evidence", "weigh"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that says in which country a customer is."""

    kind: str
    country: str
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """Where the pieces say that a consumer is.

    ``verdict`` is "agrees" (two or more for this country), "one_piece" (nothing beside the address, enough
    for a small seller only) or "disagrees" (no two agree: the address counts, and somebody should ask).
    """

    country: str
    verdict: str
    pieces: tuple[Piece, ...]

    def as_facts(self) -> dict[str, Any]:
        """As an invoice keeps it."""
        return {
            "country": self.country,
            "verdict": self.verdict,
            "pieces": [
                {"kind": each.kind, "country": each.country}
                | ({"seen_at": each.seen_at.isoformat()} if each.seen_at else {})
                for each in self.pieces
            ],
        }


def weigh(address_country: str, pieces: Sequence[Piece]) -> Weighed:
    """The address's country where anything agrees with it; another where two others agree on that one.

    A territory counts as its country here: what tells them apart is the address.
    """
    told = [Piece(EvidenceKind.BILLING_ADDRESS, address_country), *pieces]
    votes = Counter(place_of(each.country).country for each in told)
    home = place_of(address_country).country
    if votes[home] >= 2:
        return Weighed(address_country, "agrees", tuple(told))
    others = [(count, country) for country, count in votes.items() if country != home]
    if others and max(others)[0] >= 2 and len([each for each in others if each[0] == max(others)[0]]) == 1:
        return Weighed(max(others)[1], "agrees", tuple(told))
    return Weighed(address_country, "disagrees" if others else "one_piece", tuple(told))


def record_evidence(*, customer_id: int, kind: str, country: str, seen_at: datetime) -> LocationEvidence:
    """Keeps that something said where a customer is; the same moment's again changes nothing.

    Only the country is kept, never the address or number that said it. Raises `InvalidInput`.
    """
    if kind not in EvidenceKind.values:
        raise InvalidInput("evidence_kind_unknown", f"Evidence: {kind} is none of its kinds.")
    made, _ = LocationEvidence.objects.get_or_create(
        customer_id=customer_id, kind=kind, seen_at=seen_at, defaults={"country": place_of(country).country}
    )
    return made


def newest_pieces(customer_ids: Iterable[int]) -> dict[int, list[Piece]]:
    """The newest piece of each kind, of many customers in one statement."""
    rows = LocationEvidence.objects.filter(AnyOf(F("customer_id"), set(customer_ids)))
    newest = rows.order_by("customer_id", "kind", "-seen_at").distinct("customer_id", "kind")
    found: dict[int, list[Piece]] = {}
    for row in newest:
        found.setdefault(row.customer_id, []).append(Piece(row.kind, row.country, row.seen_at))
    return found
