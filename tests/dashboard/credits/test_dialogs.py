"""Granting, taking back, moving an end, transferring and undoing, as a person does it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.credits import bulk as doing
from billing.credits import services
from billing.credits.models import CreditAccount, CreditEntry, CreditLot
from billing.errors import Conflict
from billing.ids import form_key
from billing.jobs.services import do_run, retry_failed
from billing.models import Approval, Run
from dashboard.staff.actors import actor_of
from dashboard.staff.models import Member
from tests import make
from tests.billing.credits.desk import assert_sound
from tests.dashboard.credits.desk import WORKER, burnt, desk_of, filled, granted, told

pytestmark = pytest.mark.django_db


def give_url(customer) -> str:
    return reverse("credits:give", args=[customer.reference])


TYPED = {
    "what": "tokens",
    "amount": "12,000",
    "source": "goodwill",
    "expires_on": "",
    "reason": "Two hours down",
}


def test_support_grants_within_the_limit():
    customer, client = make.customer(), desk_of("support")
    answer = client.post(give_url(customer), filled(client, give_url(customer), **TYPED))
    account = CreditAccount.objects.get(customer=customer)
    assert answer.status_code == 302
    assert account.balance == 12_000
    entry = CreditEntry.objects.get()
    assert (entry.actor_name, entry.reason) == ("Jude Okafor", "Two hours down")


def test_pressing_twice_grants_once():
    customer, client = make.customer(), desk_of("support")
    form = filled(client, give_url(customer), **TYPED)
    client.post(give_url(customer), form)
    client.post(give_url(customer), form)
    assert CreditAccount.objects.get(customer=customer).balance == 12_000


def test_the_preview_says_what_a_grant_does():
    customer, client = make.customer(), desk_of("support")
    granted(customer, 1_000)
    burnt(customer, 1_000)
    services.claw_back(
        lot_id=CreditLot.objects.get().pk, returned_minor=1, paid_minor=2, actor=WORKER, now=timezone.now(),
        key=form_key(),
    )  # fmt: skip
    said = told(client, give_url(customer), **{**TYPED, "expires_on": "2030-01-31"})
    for part in (
        "12,000 tokens are granted",
        "The balance goes from −500 tokens to 11,500 tokens",
        "500 tokens of it pays their debt first",
        "It can be used until 1 Feb 2030, 00:00",
        "Grant 12,000 tokens",
    ):
        assert part in said, part
    assert "second person" not in said
    assert CreditEntry.objects.filter(movement="grant").count() == 1


def test_above_the_limit_the_dialog_says_so_and_a_request_is_made():
    customer, client = make.customer(), desk_of("support")
    typed = {**TYPED, "what": "money:EUR", "amount": "100.01"}
    assert "This goes to a second person first" in told(client, give_url(customer), **typed)
    answer = client.post(give_url(customer), filled(client, give_url(customer), **typed))
    approval = Approval.objects.get()
    assert answer.status_code == 302
    assert not CreditAccount.objects.exists()
    said = desk_of("finance").get(reverse("approvals:show", args=[approval.reference])).content.decode()
    for part in (
        "100.01 EUR",
        "Two hours down",
        "Given by hand in the last 90 days",
        "The balance goes from 0.00",
    ):
        assert part in said, part


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": ""}, "enter how much"),
        ({"amount": "0"}, "a whole number from 1"),
        ({"amount": "1.5"}, "a whole number from 1"),
        ({"amount": "much"}, "a whole number from 1"),
        ({"reason": ""}, "say why"),
        ({"reason": "x" * 10_001}, "10000"),
        ({"expires_on": "2020-01-01"}, "still to come"),
        ({"what": "money:JPY", "amount": "1.50"}, "JPY"),
        ({"what": "money:EUR", "amount": "5", "source": "promotion"}, "goodwill in the books"),
    ],
)
def test_what_cannot_be_comes_back_with_a_sentence(typed: dict[str, str], said: str):
    customer, client = make.customer(), desk_of("support")
    make.payment(currency="JPY")
    form = filled(client, give_url(customer), **{**TYPED, **typed})
    answer = client.post(give_url(customer), form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not CreditEntry.objects.exists()


def test_an_auditor_does_nothing_by_any_address():
    customer = make.customer()
    account, client = granted(customer), desk_of("auditor")
    lot, entry = CreditLot.objects.get(), CreditEntry.objects.get()
    for address in (
        give_url(customer),
        reverse("credits:take_back", args=[lot.pk]),
        reverse("credits:move_expiry", args=[lot.pk]),
        reverse("credits:transfer", args=[account.pk]),
        reverse("credits:reverse", args=[entry.pk]),
    ):
        assert client.post(address, {"form_key": form_key(), **TYPED}).status_code == 403


def test_taking_back_says_which_lot_loses_how_much():
    account, client = granted(make.customer(), 5_000), desk_of("support")
    address = reverse("credits:take_back", args=[CreditLot.objects.get().pk])
    said = told(client, address, amount="1,200", reason="")
    assert "loses 1,200 tokens" in said
    assert "3,800 tokens of it is left" in said
    assert "Only 5,000 tokens of these credits is left" in told(client, address, amount="5,001")
    client.post(address, filled(client, address, amount="1,200", reason="Given to the wrong account"))
    account.refresh_from_db()
    assert account.balance == 3_800
    refused = client.post(address, filled(client, address, amount="4,000", reason="Again"))
    assert refused.status_code == 422
    assert "only 3,800 of it is left" in refused.content.decode()
    assert_sound()


def test_moving_an_end():
    granted(make.customer(), 5_000, expires_at=timezone.now() + timedelta(days=2))
    lot, client = CreditLot.objects.get(), desk_of("support")
    address = reverse("credits:move_expiry", args=[lot.pk])
    day = timezone.localdate() + timedelta(days=40)
    assert "5,000 tokens can be used until" in told(client, address, expires_on=f"{day}")
    client.post(address, filled(client, address, expires_on=f"{day}", reason="They were on leave"))
    lot.refresh_from_db()
    assert timezone.localtime(lot.expires_at).date() == day + timedelta(days=1)
    past = client.post(address, filled(client, address, expires_on="2020-01-01", reason="No"))
    assert past.status_code == 422


def test_a_transfer_says_which_lots_give():
    customer, client = make.customer(), desk_of("support")
    first = granted(customer, 500, expires_at=timezone.now() + timedelta(days=2))
    granted(customer, 5_000)
    other = granted(customer, 10, "ai_requests")
    address = reverse("credits:transfer", args=[first.pk])
    typed = {"to": str(other.pk), "amount": "600", "arrives": "60", "reason": "They need requests"}
    said = told(client, address, **typed)
    assert "gives 500 tokens" in said
    assert "gives 100 tokens" in said
    assert "60 AI requests arrive" in said
    assert "There are not enough" in told(client, address, **{**typed, "amount": "6,000"})
    client.post(address, filled(client, address, **typed))
    other.refresh_from_db()
    assert other.balance == 70
    short = client.post(address, filled(client, address, **{**typed, "amount": "6,000"}))
    assert short.status_code == 422
    assert "are missing" in short.content.decode()
    assert_sound()


def test_undoing_a_use_returns_it_to_its_lots():
    customer, client = make.customer(), desk_of("support")
    account = granted(customer, 5_000)
    used = burnt(customer, 700)
    address = reverse("credits:reverse", args=[used.entry_id])
    assert "gets 700 tokens back" in told(client, address)
    client.post(address, filled(client, address, reason="The job had crashed"))
    account.refresh_from_db()
    assert account.balance == 5_000
    again = client.post(address, filled(client, address, reason="Again"))
    assert again.status_code == 422
    assert "undone already" in again.content.decode()


def test_the_customer_s_page_has_the_credits_and_tells_who_gave():
    customer, client = make.customer(), desk_of("support")
    client.post(give_url(customer), filled(client, give_url(customer), **TYPED))
    said = client.get(reverse("customers:show", args=[customer.reference])).content.decode()
    for part in (
        "Grant credits…",
        "12,000",
        "12,000 tokens granted as goodwill",
        "Two hours down",
        "Jude Okafor",
    ):
        assert part in said, part


def test_an_auditor_finds_goodwill_by_month():
    customer, client = make.customer("Sofia Marchetti"), desk_of("support")
    client.post(give_url(customer), filled(client, give_url(customer), **TYPED))
    granted(make.customer("Jürgen Köhler"), 9_000)
    auditor = desk_of("auditor")
    month = timezone.localdate().replace(day=1)
    address = f"{reverse('credits:by_hand')}?view=goodwill&movement=grant&source=goodwill"
    said = auditor.get(f"{address}&at_from={month}").content.decode()
    for part in ("Sofia Marchetti", "Jude Okafor", "Two hours down", "12,000 tokens"):
        assert part in said, part
    assert "Jürgen" not in said
    rows = auditor.get(f"{address}&at_to=2020-03-31").content.decode()
    assert "Two hours down" not in rows


def bulk(client, customers, **typed: str):
    address = (
        reverse("lists:bulk", args=["customers", "grant"])
        + "?"
        + "&".join(f"pick={each.pk}" for each in customers)
    )
    fields = {"what": "tokens", "amount": "1,000", "expires_on": "", "reason": "The outage", **typed}
    return address, fields


def test_a_bulk_grant_has_a_result_for_each_and_failed_rows_are_done_again(monkeypatch):
    customers = [make.customer() for _ in range(3)]
    client = desk_of("support")
    address, fields = bulk(client, customers)
    said = told(client, address, **fields)
    assert "3 customers get 1,000 tokens each, 3,000 tokens in all" in said
    form = filled(client, address, shown_count="3", **fields)
    assert client.post(address, form).status_code == 302
    client.post(address, form)
    run = Run.objects.get()
    usual = doing.grant

    def refuses(**asked):
        if asked["customer_id"] == customers[1].pk:
            raise Conflict("busy", "This account is busy.")
        return usual(**asked)

    monkeypatch.setattr(doing, "grant", refuses)
    do_run(run_id=run.pk, clock=timezone.now)
    assert [row.ok for row in run.rows.order_by("pk")].count(False) == 1
    monkeypatch.undo()
    run.refresh_from_db()
    retry_failed(run=run, actor=actor_of(Member.objects.get()), now=timezone.now())
    do_run(run_id=run.pk, clock=timezone.now)
    assert sorted(CreditAccount.objects.values_list("balance", flat=True)) == [1_000] * 3
    assert "Granted 1,000" in run.rows.first().message


def test_a_bulk_grant_above_the_limit_waits_for_a_second_person():
    customers = [make.customer() for _ in range(3)]
    client = desk_of("support")
    address, fields = bulk(client, customers, amount="50,000")
    assert "This goes to a second person first" in told(client, address, **fields)
    client.post(address, filled(client, address, shown_count="3", **fields))
    run, approval = Run.objects.get(), Approval.objects.get()
    assert run.state == "paused"
    finance = desk_of("finance")
    said = finance.get(reverse("approvals:show", args=[approval.reference])).content.decode()
    assert "3 customers get 50,000 tokens each" in said
    yes = reverse("approvals:approve", args=[approval.reference])
    seen = {"seen": approval.digest, "note": "Agreed"}
    finance.post(yes, filled(finance, yes, **seen))
    do_run(run_id=run.pk, clock=timezone.now)
    assert sorted(CreditAccount.objects.values_list("balance", flat=True)) == [50_000] * 3
