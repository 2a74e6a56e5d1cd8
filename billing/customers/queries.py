"""Customers as they are read: by reference, by words, by tag, and the countries they are in."""

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from billing.customers.models import Customer, Identity
from billing.ids import is_reference, normalise

MOST_WORDS = 6

COUNTRIES = """
WITH RECURSIVE found AS (
    (SELECT country FROM billing_customer ORDER BY country LIMIT 1)
    UNION ALL
    SELECT (
        SELECT c.country FROM billing_customer c WHERE c.country > found.country ORDER BY c.country LIMIT 1
    )
    FROM found WHERE found.country IS NOT NULL
)
SELECT country FROM found WHERE country > ''
"""


def customer_by_reference(reference: str) -> Customer | None:
    """A customer with their identity, or None; one who was erased comes without."""
    return Customer.objects.select_related("identity").filter(reference=normalise(reference)).first()


def countries_in_use() -> list[str]:
    """Every country that a customer is in; one step through an index for each."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTRIES)
        return [code for (code,) in cursor.fetchall()]


def words_of(text: str) -> list[str]:
    """The words that a text is searched by: letters and digits, six at most."""
    return "".join(c if c.isalnum() else " " for c in text).split()[:MOST_WORDS]


def matching(customers: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """Those whom the text names: a reference, a whole e-mail address, or the beginnings of words of their
    name. Each is a look into an index."""
    text = text.strip()
    if is_reference(normalise(text), "CUS"):
        return customers.filter(reference=normalise(text))
    people = Identity.objects.annotate(lowered=Lower("email"))
    if "@" in text:
        return customers.filter(pk__in=people.filter(lowered=text.lower()).values("customer_id"))
    words = words_of(text)
    if not words:
        return customers.none()
    query = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
    named = Q(pk__in=Identity.objects.filter(search=query).values("customer_id"))
    return customers.filter(named)
