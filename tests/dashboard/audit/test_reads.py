"""Who opened which customer is kept, and what they searched for is not."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import AccessRead
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def jude(client: Client):
    member = make.member("finance", display_name="Jude Okafor")
    client.force_login(member)
    client.jude = member
    return client


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/customers/{}/", "page"),
        ("/customers/{}/story/", "story"),
        ("/customers/{}/preview/", "preview"),
        ("/customers/?view=all&peek={}", "peek"),
    ],
)
def test_what_was_shown_is_kept(jude: Client, address: str, kind: str) -> None:
    customer = make.customer()
    answer = jude.get(address.format(customer.reference))
    assert answer.status_code == 200
    read = AccessRead.objects.get()
    assert (read.kind, read.customer_id, read.member_ref) == (kind, customer.pk, f"staff:{jude.jude.pk}")
    assert read.member_name == "Jude Okafor"
    assert read.request_id == answer.headers["X-Request-ID"]


def test_an_export_is_kept_with_the_names_of_its_filters_only(jude: Client) -> None:
    make.customer("Núria Ibáñez")
    answer = jude.get("/customers/?view=all&q=Ibáñez&format=csv")
    b"".join(answer.streaming_content)
    read = AccessRead.objects.get()
    assert (read.kind, read.screen, read.filters, read.customer_id) == ("export", "customers", "q", None)


@pytest.mark.parametrize(
    "address", ["/customers/", "/customers/CUS-00000000/", "/customers/?peek=CUS-00000000", "/payments/"]
)
def test_what_shows_nobody_is_not_kept(jude: Client, address: str) -> None:
    make.payment()
    jude.get(address)
    assert not AccessRead.objects.exists()


def test_nobody_who_is_refused_is_kept(client: Client) -> None:
    client.get(f"/customers/{make.customer().reference}/")
    assert not AccessRead.objects.exists()


def test_it_costs_one_statement(jude: Client) -> None:
    customer = make.customer()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        jude.get(f"/customers/{customer.reference}/")
    assert sum("billing_accessread" in each["sql"] for each in queries) == 1


def test_the_log_of_reads_is_searched(jude: Client) -> None:
    first, second = make.customer("Ateliers Mercœur"), make.customer("Köhler Druck GmbH")
    for customer in (first, second):
        jude.get(f"/customers/{customer.reference}/")
    page = jude.get(f"/audit/reads/?customer={first.reference}").content.decode()
    assert "Ateliers Mercœur" in page
    assert "Köhler Druck" not in page
    page = jude.get(f"/audit/reads/?who=staff:{jude.jude.pk}&kind=page").content.decode()
    assert "Köhler Druck" in page
