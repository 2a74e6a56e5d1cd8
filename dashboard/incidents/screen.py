"""The lists of outages, and of what each customer gets for one, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.incidents.models import Incident, IncidentCredit
from billing.incidents.queries import credits_for_list, incidents_for_list
from dashboard.actions.offers import offer
from dashboard.incidents.filters import CreditFilters, IncidentFilters
from dashboard.incidents.tables import (
    CreditTable,
    IncidentTable,
    address,
    amount,
    customer_address,
    length_of,
    standing,
)
from dashboard.lists.screen import Empty, Export, ListScreen, Tab
from dashboard.lists.sorts import Index, Sort, by_time
from dashboard.parts.entries import Action


def rows(user: Any) -> QuerySet[Incident]:
    return incidents_for_list()


def credit_rows(user: Any) -> QuerySet[IncidentCredit]:
    return credits_for_list()


def header(user: Any) -> list[Action]:
    return offer(
        user, "Record an outage…", "incidents:new", permission="credits.grant", icon="plug-x", kind="primary"
    )


def back(user: Any) -> list[Action]:
    return offer(
        user, "Incidents", "incidents:index", permission="credits.view", icon="plug-x", method="page"
    )


INCIDENTS = ListScreen(
    name="incidents",
    title="Incidents",
    one="incident",
    many="incidents",
    address="incidents:index",
    permission="credits.view",
    model=Incident,
    rows=rows,
    filters=IncidentFilters,
    table=IncidentTable,
    sorts=(by_time("created", "Recorded"),),
    indexes=(Index("created"), Index("created", ("state",))),
    tabs=(
        Tab("recorded", "To be credited", {"state": "recorded"}),
        Tab("credited", "Credited", {"state": "credited"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "No outage has been recorded",
        "Name what was out and from when to when: the desk finds from usage who was hit, and credits each of "
        "them for the time they were without it.",
        "plug-x",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("What was out", "title"),
        Export("Meter", "meter__name"),
        Export("Tier", lambda each: each.tier.name if each.tier else ""),
        Export("Began (UTC)", "starts_at"),
        Export("Ended (UTC)", "ends_at"),
        Export("For", length_of),
        Export("Customers", "hit"),
        Export("Left out", "left_out"),
        Export("Recorded by", "recorded_by_name"),
        Export("Recorded (UTC)", "created_at"),
    ),
    row_address=address,
    actions=header,
)


CREDITS = ListScreen(
    name="incident_credits",
    title="Credits for outages",
    one="credit for an outage",
    many="credits for outages",
    address="incidents:credits",
    permission="credits.view",
    model=IncidentCredit,
    rows=credit_rows,
    filters=CreditFilters,
    table=CreditTable,
    sorts=(Sort("amount", "Amount", ("amount_minor",)),),
    indexes=(
        Index("amount"),
        Index("amount", ("incident",), narrow=True),
        Index("amount", ("customer",), narrow=True),
    ),
    tabs=(Tab("all", "All"),),
    usual="all",
    empty=Empty(
        "Nobody was credited for an outage yet",
        "What each customer gets for an outage, and why some get nothing, stands here once one is recorded.",
        "plug-x",
    ),
    exports=(
        Export("Incident", "incident__reference"),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Amount", amount, money=True),
        Export("Seconds without it", "seconds"),
        Export("Standing", standing),
        Export("Credited (UTC)", "given_at"),
    ),
    row_address=customer_address,
    key="pk",
    money=amount,
    actions=back,
)
