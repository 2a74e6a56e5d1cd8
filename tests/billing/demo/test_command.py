"""`manage.py demo` fills an empty desk once, and says so when it may not."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from billing.customers.models import Customer
from billing.invoices.models import Invoice, NumberSeries
from billing.models import Payment, PaymentLink


def demo(*arguments: str) -> str:
    said = StringIO()
    call_command("demo", *arguments, stdout=said)
    return said.getvalue()


@pytest.mark.django_db
def test_fills_an_empty_desk_and_refuses_a_second_time():
    said = demo("--customers", "40", "--today", "2026-11-18")
    assert Customer.objects.count() >= 40
    assert f"{Customer.objects.count() - 2:,} customers" in said
    with pytest.raises(CommandError, match=r"already has books.*make reset"):
        demo("--customers", "5")


@pytest.mark.django_db
def test_what_comes_next_takes_the_next_ids_and_numbers():
    demo("--customers", "40", "--today", "2026-11-18")
    assert PaymentLink.objects.exists()
    assert not PaymentLink.objects.filter(created_at__lte=F("invoice__finalised_at")).exists()
    highest = Payment.objects.order_by("-id").values_list("id", flat=True).first()
    customer = Customer.objects.create(reference="CUS-ZZZZZZZZ", created_at="2026-11-18T09:00:00Z")
    new = Payment.objects.create(
        reference="PAY-20261118-ZZZZZZZZ", customer=customer, state="pending", currency="EUR", amount_minor=1,
        created_at="2026-11-18T09:00:00Z",
    )  # fmt: skip
    assert new.pk > highest
    series = NumberSeries.objects.get(prefix="INV-2026-")
    assert Invoice.objects.filter(number__startswith="INV-2026-").count() == series.next_number - 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["--customers", "0"], "--customers must be from 1 to 50,000, not 0"),
     (["--customers", "50001"], "not 50,001"),
     (["--today", "18.11.2026"], "--today must be a day such as 2026-11-18, not '18.11.2026'")],
)  # fmt: skip
def test_refuses_in_a_sentence(arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        demo(*arguments)
    assert not Customer.objects.exists()


@pytest.mark.django_db
def test_is_not_for_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not for production"):
        demo("--customers", "1")
