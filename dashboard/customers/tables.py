"""The columns of the customers list."""

from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import format_html

from billing.customers.models import Customer
from billing.money import Money
from dashboard.customers.places import country_name
from dashboard.lists import columns
from dashboard.lists.names import name_of
from reports.customers.listing import mrr_of, plan_of_customer, state_of_customer


def address(customer: Customer) -> str:
    return reverse("customers:show", args=[customer.reference])


def state(customer: Customer) -> str:
    """The state of the subscription that leads; nothing for one who never subscribed."""
    found = state_of_customer(customer)
    return columns.part("state", columns.desk.state("subscription", found)) if found else ""


def name(customer: Customer) -> str:
    text, language = name_of(customer)
    return columns.part("name", {"text": text, "language": language, "url": None})


def amounts(found: list[Money]) -> str:
    """Amounts of several currencies beside each other, never added."""
    return get_template("dashboard/customers/_amounts.html").render({"amounts": found})


def tags(customer: Customer) -> str:
    """The first tag, and how many more there are."""
    return get_template("dashboard/customers/_tags.html").render({"tags": customer.tags})


def country(customer: Customer) -> str:
    """DE, with the name on hover."""
    code = customer.country
    return format_html('<abbr title="{}">{}</abbr>', country_name(code), code) if code else ""


class Name(columns.Made):
    """The customer's own name, which takes the room that is left."""

    fill = True


class CustomerTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.Made("State", state, place="m3")
    name = Name("Customer", name, place="m1")
    plan = columns.Made("Plan", plan_of_customer, wide=True, dim=True)
    mrr = columns.Made("MRR", lambda customer: amounts(mrr_of(customer)), figures=True, place="m2")
    country = columns.Made("Country", country, wide=True, dim=True)
    tags = columns.Made("Tags", tags, wide=True)
    created = columns.Moment("Created", accessor="created_at", sort="created")
    email = columns.Made(
        "E-mail",
        lambda c: c.identity.email if hasattr(c, "identity") else "",
        wide=True,
        dim=True,
        shown=False,
    )
    gateway_id = columns.ListColumn("Gateway's id", wide=True, dim=True, shown=False)
