"""The queue of requests, a request's page, and who may say yes."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.approvals.models import Approval, ApprovalLimit
from billing.models import Refund
from dashboard.staff.actors import actor_of
from dashboard.staff.models import Member
from tests.billing.refunds.desk import a_payment, issue
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def jude() -> Member:
    return member_in("support")


@pytest.fixture
def asked(jude: Member) -> Approval:
    refund = issue(a_payment(200_000), 90_000, actor=actor_of(jude), now=timezone.now())
    return Approval.objects.get(target_kind="refund", target_id=refund.pk)


def desk_of(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def url(name: str, approval: Approval) -> str:
    return reverse(f"approvals:{name}", args=[approval.reference])


def filled(client: Client, address: str, **fields: str) -> dict[str, str]:
    page = client.get(address).content.decode()
    found = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in ("form_key", "seen")}
    return {name: match[1] for name, match in found.items() if match} | fields


def test_the_queue_shows_what_waits_and_counts_it(asked: Approval) -> None:
    finance = desk_of(member_in("finance"))
    page = finance.get(reverse("approvals:index")).content.decode()
    assert asked.reference[-8:] in page
    assert "Jude Okafor" in page
    assert "900.00" in page


def test_the_page_holds_what_is_needed_to_decide(asked: Approval) -> None:
    page = desk_of(member_in("finance")).get(url("show", asked)).content.decode()
    for said in ("Requested by customer", "900.00 EUR is above 500.00 EUR at once", "Approve 900.00 EUR…"):
        assert said in page


def test_finance_says_yes(asked: Approval) -> None:
    finance = desk_of(member_in("finance"))
    address = url("approve", asked)
    answer = finance.post(address, filled(finance, address, note="Agreed"))
    asked.refresh_from_db()
    assert answer.status_code == 302
    assert (asked.state, asked.decided_by_name, asked.decision_reason) == (
        "executed",
        "Ines Marchetti",
        "Agreed",
    )
    assert Refund.objects.get().state == "approved"


def test_a_no_without_a_reason_comes_back(asked: Approval) -> None:
    finance = desk_of(member_in("finance"))
    address = url("reject", asked)
    answer = finance.post(address, filled(finance, address, reason=""))
    assert answer.status_code == 422
    assert "say why" in answer.content.decode()
    asked.refresh_from_db()
    assert asked.state == "requested"


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_a_role_that_does_not_decide_is_refused_whatever_the_page_showed(role: str, asked: Approval) -> None:
    other = desk_of(member_in(role, email="other@halden.example"))
    for name in ("approve", "reject"):
        assert other.post(url(name, asked), {"reason": "x"}).status_code == 403
    asked.refresh_from_db()
    assert asked.state == "requested"


def test_a_second_role_does_not_let_one_decide_one_s_own(jude: Member, asked: Approval) -> None:
    jude.groups.add(*member_in("finance").groups.all())
    client = desk_of(jude)
    address = url("approve", asked)
    answer = client.post(address, filled(client, address, note=""))
    assert answer.status_code == 422
    assert "somebody else must decide" in answer.content.decode()


def test_a_role_lost_after_the_page_was_opened_counts(asked: Approval, monkeypatch: Any) -> None:
    ines = member_in("finance")
    finance = desk_of(ines)
    address = url("approve", asked)
    data = filled(finance, address, note="")

    from dashboard.approvals import views

    usual = views.still_may

    def taken_away(user: Any) -> Any:
        ines.groups.clear()  # another admin, while the request is under way
        return usual(user)

    monkeypatch.setattr(views, "still_may", taken_away)
    answer = finance.post(address, data)
    assert answer.status_code == 422
    assert "may not decide this any more" in answer.content.decode()
    asked.refresh_from_db()
    assert asked.state == "requested"


def test_only_who_asked_withdraws(jude: Member, asked: Approval) -> None:
    finance, support = desk_of(member_in("finance")), desk_of(jude)
    address = url("withdraw", asked)
    refused = finance.post(address, filled(finance, address, reason="Not now"))
    assert refused.status_code == 422
    assert support.post(address, filled(support, address, reason="Not now")).status_code == 302
    asked.refresh_from_db()
    assert asked.state == "withdrawn"


def test_the_dialog_says_beforehand_that_a_second_person_is_needed(jude: Member) -> None:
    payment = a_payment(200_000)
    client = desk_of(jude)
    address = reverse("refunds:new", args=[payment.reference])
    data = filled(client, address, amount="900.00", reason="goodwill", note_internal="", note_to_customer="")
    told = client.post(address, data, headers={"HX-Request": "true", "HX-Target": "effects"})
    assert "This goes to a second person first" in told.content.decode()
    data["amount"] = "20.00"
    told = client.post(address, data, headers={"HX-Request": "true", "HX-Target": "effects"})
    assert "second person" not in told.content.decode()


def test_an_admin_sets_limits_and_the_other_currencies_keep_theirs() -> None:
    admin = desk_of(member_in("admin"))
    address = reverse("approvals:limit", args=["support", "refund", "EUR"])
    data = filled(admin, address, one="50.00", day="", customer_30d="500", reason="Since the leak")
    assert admin.post(address, data).status_code == 302
    held = {
        (row.currency, row.scope): row.limit_minor
        for row in ApprovalLimit.objects.filter(role="support", currency__in=["EUR", "USD"])
    }
    assert held[("EUR", "one")] == 5_000
    assert held[("EUR", "day")] is None
    assert held[("USD", "one")] == 50_000
    page = admin.get(reverse("approvals:limits")).content.decode()
    assert "50.00 EUR" in page
    assert "any amount" in page


@pytest.mark.parametrize("changes", [{"one": "-1"}, {"one": "many"}, {"reason": ""}])
def test_a_limit_that_makes_no_sense_comes_back_as_typed(changes: dict[str, str]) -> None:
    admin = desk_of(member_in("admin"))
    address = reverse("approvals:limit", args=["support", "refund", "EUR"])
    typed = {"one": "50", "day": "60", "customer_30d": "55", "reason": "Leak"} | changes
    answer = admin.post(address, filled(admin, address, **typed))
    assert answer.status_code == 422
    assert 'value="60"' in answer.content.decode()
    assert not ApprovalLimit.objects.exists()


@pytest.mark.parametrize(
    "args", [["auditor", "refund", "EUR"], ["support", "teleport", "EUR"], ["support", "refund", "tokens"]]
)
def test_there_is_no_limit_for_what_does_not_exist(args: list[str]) -> None:
    assert desk_of(member_in("admin")).get(reverse("approvals:limit", args=args)).status_code == 404


def test_finance_sees_the_limits_and_sets_none() -> None:
    finance = desk_of(member_in("finance"))
    assert finance.get(reverse("approvals:limits")).status_code == 200
    address = reverse("approvals:limit", args=["support", "refund", "EUR"])
    assert finance.get(address).status_code == 403
