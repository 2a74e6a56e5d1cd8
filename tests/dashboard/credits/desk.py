"""Short words for tests of the credits screens."""

import re
from typing import Any

from django.test import Client
from django.utils import timezone

from billing.credits import services
from billing.credits.models import CreditAccount
from billing.history.actors import system
from billing.ids import form_key
from billing.models import Customer
from dashboard.staff.models import Member
from tests.dashboard.people import member_in

WORKER = system("worker")


def desk_of(role: str) -> Client:
    """Whoever sits in the role, signed in."""
    client = Client()
    found = Member.objects.filter(groups__name=role).first()
    client.force_login(found or member_in(role))
    return client


def granted(to: Customer, amount: int = 5_000, unit: str = "tokens", **more: Any) -> CreditAccount:
    asked: dict[str, Any] = {"source": "tier_grant", "actor": WORKER, "now": timezone.now(), **more}
    moved = services.grant(customer_id=to.pk, unit=unit, amount=amount, key=form_key(), **asked)
    return CreditAccount.objects.get(pk=moved.account_id)


def burnt(of: Customer, amount: int, unit: str = "tokens") -> services.Moved:
    moved = services.burn(
        customer_id=of.pk, unit=unit, amount=amount, actor=WORKER, now=timezone.now(), key=form_key()
    )
    assert isinstance(moved, services.Moved)
    return moved


def filled(client: Client, address: str, **fields: Any) -> dict[str, Any]:
    """A form's hidden fields, with these typed into it."""
    page = client.get(address).content.decode()
    found = re.search(r'name="form_key" value="([^"]*)"', page)
    assert found, page[:2_000]
    return {"form_key": found[1], **fields}


def told(client: Client, address: str, **fields: Any) -> str:
    """What the dialog's right side says to what is typed."""
    answer = client.post(address, fields, headers={"HX-Request": "true", "HX-Target": "effects"})
    return answer.content.decode()
