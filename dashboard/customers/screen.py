"""The customers list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.customers.models import Customer
from dashboard.actions.crediting import GRANT
from dashboard.actions.tagging import TagForm
from dashboard.customers.filters import CustomerFilters
from dashboard.customers.peeking import peek_context
from dashboard.customers.places import country_name
from dashboard.customers.tables import CustomerTable, address
from dashboard.lists.screen import BulkAction, Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.parts.formatting import grouped
from reports.customers.listing import customers_for_list, mrr_of, plan_of_customer, state_of_customer


def rows(user: Any) -> QuerySet[Customer]:
    return customers_for_list()


def worth(customer: Customer) -> str:
    """447.00 EUR, or 447.00 EUR + 12.00 USD: for a cell of the CSV."""
    return " + ".join(str(each) for each in mrr_of(customer))


CUSTOMERS = ListScreen(
    name="customers",
    title="Customers",
    one="customer",
    many="customers",
    address="customers:index",
    permission="customers.view",
    model=Customer,
    rows=rows,
    filters=CustomerFilters,
    table=CustomerTable,
    sorts=(by_time(),),
    indexes=(
        Index("created"),
        Index("created", ("country",)),
        Index("created", ("q",), narrow=True),
        Index("created", ("tag",), narrow=True),
        Index("created", ("behind",), narrow=True),
    ),
    tabs=(
        Tab("all", "All"),
        Tab("new", "New this month", lambda now: {"created_from": f"{now:%Y-%m}-01"}),
        Tab("past_due", "Past due", {"behind": "past_due"}),
    ),
    usual="all",
    empty=Empty(
        "Nobody is a customer yet",
        "Each payer stands here with what they are on and what they are worth in a month, as soon as an "
        "import brings them or a gateway tells of them.",
        "users",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("Name", "identity__name"),
        Export("E-mail", "identity__email"),
        Export("State", state_of_customer),
        Export("Plan", plan_of_customer),
        Export("MRR", worth),
        Export("Country", lambda customer: country_name(customer.country)),
        Export("Tags", lambda customer: ", ".join(customer.tags)),
        Export("Gateway", "gateway"),
        Export("Gateway's id", "gateway_id"),
        Export("Created (UTC)", "created_at"),
    ),
    row_address=address,
    bulk=(
        BulkAction(
            name="tag",
            label="Tag customers…",
            kind="customers.tag",
            permission="customers.note",
            form=TagForm,
            effect=lambda count, asked: f"{grouped(count)} customers get the tag “{asked.get('tag') or '…'}”",
            icon="tag",
        ),
        GRANT,
    ),
    peek=Peek("dashboard/customers/_peek.html", peek_context),
)
