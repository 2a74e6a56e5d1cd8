"""Where a consumer is, and what happens when the pieces disagree."""

from datetime import timedelta

import pytest

from billing.errors import InvalidInput
from billing.invoices.issuing import write_invoices
from billing.models import Alert, Customer, LocationEvidence
from billing.tax.evidence import Piece, record_evidence, weigh
from billing.tax.profiles import profiles_of
from dashboard.invoices.noticing import notices
from tests import make
from tests.billing.invoices.orders import RUN, buyer, order

NOW = make.NOW


@pytest.mark.parametrize(
    ("address", "others", "country", "verdict"),
    [
        ("DE", [], "DE", "one_piece"),
        ("DE", ["DE"], "DE", "agrees"),
        ("DE", ["FR"], "DE", "disagrees"),
        ("DE", ["FR", "DE"], "DE", "agrees"),
        ("DE", ["FR", "FR"], "FR", "agrees"),
        ("DE", ["FR", "IT"], "DE", "disagrees"),
        ("DE", ["FR", "FR", "IT", "IT"], "DE", "disagrees"),
        ("DE", ["FR", "FR", "DE"], "DE", "agrees"),
        # A territory counts as its country: its address tells them apart.
        ("IC", ["ES"], "IC", "agrees"),
        ("MC", ["FR"], "MC", "agrees"),
        ("GR", ["EL"], "GR", "agrees"),
    ],
)
def test_two_pieces_that_agree(address, others, country, verdict):
    found = weigh(address, [Piece("card", each) for each in others])

    assert (found.country, found.verdict) == (country, verdict)
    assert [each.country for each in found.pieces] == [address, *others]


def keep(customer, kind, country, days=0):
    return record_evidence(
        customer_id=customer.pk, kind=kind, country=country, seen_at=NOW - timedelta(days=days)
    )


@pytest.mark.django_db
def test_the_newest_piece_of_each_kind_is_kept_with_the_invoice():
    customer = buyer("DE")
    keep(customer, "card", "FR", days=30)
    keep(customer, "card", "DE", days=3)
    keep(customer, "ip_address", "FR", days=2)
    keep(customer, "ip_address", "FR", days=2)
    (invoice,) = write_invoices([order(customer)], actor=RUN, now=NOW)

    assert LocationEvidence.objects.count() == 3
    assert invoice.tax_country == "DE"
    assert invoice.evidence == {
        "vat_number": "none",
        "country": "DE",
        "verdict": "agrees",
        "pieces": [
            {"kind": "billing_address", "country": "DE"},
            {"kind": "card", "country": "DE", "seen_at": (NOW - timedelta(days=3)).isoformat()},
            {"kind": "ip_address", "country": "FR", "seen_at": (NOW - timedelta(days=2)).isoformat()},
        ],
    }


@pytest.mark.django_db
def test_two_others_that_agree_outweigh_the_address():
    customer = buyer("PT", postal_code="9000-012")
    keep(customer, "card", "FR")
    keep(customer, "ip_address", "FR")
    (invoice,) = write_invoices([order(customer)], actor=RUN, now=NOW)

    assert (invoice.tax_country, int(invoice.lines.get().tax_rate)) == ("FR", 20)
    assert invoice.bill_to["country"] == "PT"


@pytest.mark.django_db
def test_a_business_needs_no_evidence():
    customer = buyer("DE", tax_id="DE811569869")
    keep(customer, "card", "FR")
    profile = profiles_of(Customer.objects.select_related("identity"))[customer.pk]
    assert profile.evidence == {"vat_number": "unchecked"}


@pytest.mark.django_db
def test_what_is_no_evidence():
    customer = buyer()
    with pytest.raises(InvalidInput, match="none of its kinds"):
        keep(customer, "hunch", "DE")
    with pytest.raises(InvalidInput, match="Country"):
        keep(customer, "card", "QQ")


@pytest.mark.django_db
def test_pieces_that_disagree_are_told_of_until_they_agree():
    customer = buyer("DE")
    keep(customer, "card", "FR", days=2)
    (odd,) = write_invoices([order(customer)], actor=RUN, now=NOW)

    alert = Alert.objects.get(kind="tax.location_disagrees", closed_at=None)
    assert alert.facts == {"invoice": odd.reference}
    assert "billing address Germany, country of the card's issuer France" in alert.sentence
    assert notices(odd)[-1].sentence == "What is known of where this customer is does not agree"

    keep(customer, "ip_address", "DE", days=1)
    (fine,) = write_invoices([order(customer)], actor=RUN, now=NOW)
    alert.refresh_from_db()
    assert alert.closed_at == NOW
    assert not [each for each in notices(fine) if "does not agree" in each.sentence]


@pytest.mark.django_db
def test_nobody_is_asked_where_a_business_or_somebody_abroad_is():
    business, abroad = buyer("DE", tax_id="DE811569869"), buyer("US")
    for customer in (business, abroad):
        keep(customer, "card", "FR")
    write_invoices([order(business), order(abroad)], actor=RUN, now=NOW)
    assert not Alert.objects.exists()
