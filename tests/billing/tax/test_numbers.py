"""VAT numbers, the register that knows them, and who is a business because of one."""

from datetime import timedelta

import pytest
from django.test import override_settings

from billing.errors import InvalidInput, Missing
from billing.history.actors import person
from billing.models import Customer, HistoryEntry, VatCheck
from billing.tax.numbers import check, check_iban, is_well_formed
from billing.tax.profiles import profiles_of
from billing.tax.vies import Listed, Offline, check_customer, check_number, the_register
from tests import make

NOW = make.NOW
RUTH = person(4, "Ruth Adeyemi")


@pytest.mark.parametrize(
    ("country", "text", "canonical"),
    [
        ("DE", " de 811 569 869", "DE811569869"),
        ("DE", "811569869", "DE811569869"),
        ("RO", "18547290", "RO18547290"),
        ("GR", "EL094259216", "EL094259216"),
        ("EL", "094259216", "EL094259216"),
        ("NL", "NL004495445B01", "NL004495445B01"),
        ("FR", "FR40303265045", "FR40303265045"),
        ("GB", "GB 980 7806 84", "GB980780684"),
        ("CH", "CHE-107.787.577 IVA", "CHE107787577IVA"),
        ("US", "12-3456789", "123456789"),
        ("MC", "FR40303265045", "FR40303265045"),
    ],
)
def test_numbers_in_canonical_form(country, text, canonical):
    assert check(country, text) == canonical
    assert is_well_formed(country, text)


@pytest.mark.parametrize(
    ("country", "text", "why"),
    [
        ("DE", "DE811569868", "its check digits do not fit"),
        ("RO", "RO18547291", "its check digits do not fit"),
        ("DE", "DE81156986", "too long or too short"),
        ("DE", "DE81156986X", "not the form of a number of Germany"),
        ("FR", "DE811569869", "begins as a number of another country than France"),
        ("US", "1", "4 to 20 letters and digits"),
        ("DE", " . ", "enter it, or leave it out"),
    ],
)
def test_a_wrong_number_is_a_sentence_that_names_the_field(country, text, why):
    with pytest.raises(InvalidInput) as refused:
        check(country, text)
    assert refused.value.sentence.startswith("VAT number: ")
    assert why in refused.value.sentence
    assert refused.value.field == "tax_id"
    assert not is_well_formed(country, text)


def test_ibans():
    assert check_iban("NL91 ABNA 0417 1643 00") == "NL91ABNA0417164300"
    with pytest.raises(InvalidInput, match="IBAN"):
        check_iban("NL91ABNA0417164301")


@pytest.mark.django_db
def test_an_answer_is_kept_and_counts_for_a_month():
    register = Listed({"DE811569869": "valid"})

    def ask(days: int, **more):
        now = NOW + timedelta(days=days)
        return check_number(country="DE", number="de811569869", now=now, register=register, **more)

    first = ask(0)
    assert (first.answer, first.source, first.consultation) == ("valid", "listed", "LISTED-000001")
    assert "811569869" not in first.number_hash
    assert ask(29) == first
    assert ask(31) != first
    ask(31, anew=True)
    assert len(register.asked) == VatCheck.objects.count() == 3


@pytest.mark.django_db
def test_a_silent_register_leaves_the_last_answer_in_force():
    assert isinstance(the_register(), Offline)
    unknown = check_number(country="DE", number="DE811569869", now=NOW)
    assert (unknown.answer, unknown.source) == ("unknown", "offline")
    valid = check_number(
        country="DE", number="DE811569869", now=NOW, register=Listed({"DE811569869": "valid"})
    )
    later = NOW + timedelta(days=60)
    assert check_number(country="DE", number="DE811569869", now=later) == valid


@pytest.mark.django_db
def test_the_register_decides_who_is_a_business():
    customer = make.customer(country="DE")
    customer.identity.tax_id = "DE811569869"
    customer.identity.save()

    def standing() -> tuple[str, bool]:
        profile = profiles_of(Customer.objects.select_related("identity").filter(pk=customer.pk))[customer.pk]
        return profile.vat_number, profile.buyer.is_business

    assert standing() == ("unchecked", True)
    with override_settings(TAX_NEEDS_VIES=True):
        assert standing() == ("unchecked", False)
        register = Listed({"DE811569869": "valid"})
        check_customer(customer_id=customer.pk, actor=RUTH, now=NOW, register=register)
        assert standing() == ("valid", True)
    check_customer(customer_id=customer.pk, actor=RUTH, now=NOW + timedelta(1), register=Listed())
    assert standing() == ("invalid", False)
    told = HistoryEntry.objects.filter(kind="vat_number.checked").order_by("pk")
    assert [entry.facts["answer"] for entry in told] == ["valid", "invalid"]


@pytest.mark.django_db
def test_nothing_to_ask_for():
    with pytest.raises(InvalidInput, match="has none"):
        check_customer(customer_id=make.customer().pk, actor=RUTH, now=NOW)
    with pytest.raises(Missing):
        check_customer(customer_id=0, actor=RUTH, now=NOW)
