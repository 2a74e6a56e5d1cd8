"""The list of cards by when they expire, declared: whose they are, whether we charge them, who was told."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from billing.messages.models import Message
from billing.payments.bulk import ASK_FOR_CARDS
from billing.payments.expiring import KIND, charged_cards, other_cards
from billing.payments.models import MethodKind, PaymentMethod
from billing.payments.queries import method_label
from dashboard.lists.answer import list_view
from dashboard.lists.screen import BulkAction, Empty, Export, ListScreen, Tab
from dashboard.lists.sorts import Index, Sort
from dashboard.parts.formatting import grouped
from dashboard.payments.card_filters import AskForm, CardFilters, ahead
from dashboard.payments.card_tables import CardTable, address, standing_of

__all__ = ["CARDS", "index"]


def rows(user: Any) -> QuerySet[PaymentMethod]:
    """Cards that are on file, with what decides about them."""
    today = timezone.localdate()
    told = Message.objects.filter(kind=KIND, subject_kind="paymentmethod", subject_id=OuterRef("pk"))
    return (
        PaymentMethod.objects.filter(
            kind=MethodKind.CARD, detached_at=None, exp_year__isnull=False, exp_month__isnull=False
        )
        .select_related("customer__identity")
        .annotate(
            is_charged=Exists(charged_cards().filter(pk=OuterRef("pk"))),
            has_other=Exists(other_cards(today)),
            told_at=Subquery(told.order_by("-created_at", "-pk").values("created_at")[:1]),
        )
    )


def soon(user: Any) -> dict[str, Any]:
    """This month's and the next's that would be charged: what the desk writes about by itself."""
    return {"month": ahead(2), "charged": "yes"}


def _asked(count: int, asked: Any) -> str:
    who = "1 customer is" if count == 1 else f"The owners of {grouped(count)} cards are"
    return f"{who} asked for a new card by mail"


ASK = BulkAction(
    name="ask",
    label="Ask for a new card…",
    kind=ASK_FOR_CARDS,
    permission="messages.resend",
    form=AskForm,
    effect=_asked,
    icon="mail",
    most=1_000,
    about="The letter says which card it is and when it expires, in its owner's language, and leads to a "
    "page that takes another. Nobody is asked about one card twice in a day.",
)

CARDS = ListScreen(
    name="cards",
    title="Expiring cards",
    one="card",
    many="cards",
    address="payments:expiring",
    permission="payments.view",
    model=PaymentMethod,
    rows=rows,
    filters=CardFilters,
    table=CardTable,
    sorts=(
        Sort(
            "expiry",
            "Expires",
            ("exp_year", "exp_month"),
            descending=False,
            down="Latest first",
            up="Soonest first",
            ranges=("state",),
        ),
    ),
    indexes=(
        Index("expiry"),
        Index("expiry", ("month",), narrow=True),
        Index("expiry", ("customer",), narrow=True),
    ),
    tabs=(
        Tab("soon", "Charged, this month and next", soon),
        Tab("alone", "With no other card", lambda user: {**soon(user), "other": "no"}),
        Tab("expired", "Expired, still charged", {"state": "expired", "charged": "yes"}, counted=False),
        Tab("all", "All", counted=False),
    ),
    usual="soon",
    empty=Empty(
        "No card is on file yet",
        "Cards that customers pay with stand here by the month in which they expire. Whoever is charged is "
        "written to in the month before and in that month, once each.",
        "credit-card",
    ),
    exports=(
        Export("Card", method_label),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Year", "exp_year"),
        Export("Month", "exp_month"),
        Export("State", lambda card: standing_of(card).label),
        Export("Charged", "is_charged"),
        Export("Another card", "has_other"),
        Export("Told (UTC)", "told_at"),
    ),
    row_address=address,
    key="pk",
    label=method_label,
    bulk=(ASK,),
)

index = list_view(CARDS)
