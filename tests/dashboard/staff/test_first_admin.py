"""The first admin of a desk: made from the command line, once."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from billing.models import HistoryEntry
from dashboard.staff.models import Member
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db


def make(email: str = "Tove.Ahlgren@halden.example") -> str:
    said = StringIO()
    call_command("first_admin", email, name="Tove Ahlgren", stdout=said)
    return said.getvalue()


def test_the_link_lets_them_set_a_password_and_sign_in(client: Client) -> None:
    said = make()
    member = Member.objects.get(email="tove.ahlgren@halden.example")
    assert [group.name for group in member.groups.all()] == ["admin"]
    assert not member.has_usable_password()
    link = re.search(r"https?://[^/]+(/\S+)", said)
    assert link is not None
    page = client.get(link[1], follow=True)
    place = page.redirect_chain[-1][0]
    client.post(place, {"password1": "a-very-quiet-ledger", "password2": "a-very-quiet-ledger"})
    member.refresh_from_db()
    assert member.check_password("a-very-quiet-ledger")
    entry = HistoryEntry.objects.get(subject_kind="member", subject_id=member.pk)
    assert (entry.kind, entry.actor_kind) == ("invited", "system")


def test_a_desk_with_an_admin_takes_no_second_first_one() -> None:
    make()
    with pytest.raises(CommandError, match="has an admin already"):
        make("somebody.else@halden.example")
    assert Member.objects.count() == 1


def test_an_admin_who_left_does_not_count() -> None:
    make()
    Member.objects.update(is_active=False)
    make("ines.marchetti@halden.example")
    assert Member.objects.filter(groups__name="admin", is_active=True).count() == 1


def test_an_address_that_is_taken_or_none_is_refused() -> None:
    member_in("support")
    with pytest.raises(CommandError, match="works here already"):
        make("jude.okafor@halden.example")
    with pytest.raises(CommandError, match="Give an e-mail address"):
        make("tove")
