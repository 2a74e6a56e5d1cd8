"""Who works here: inviting, roles, leaving. Each change has a name, a time and a reason.

The desk always keeps an admin, and nobody changes their own roles or deactivates themselves.
"""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.db import transaction

from billing.errors import Conflict, InvalidInput, NotAllowed
from billing.history.actors import system
from billing.history.services import record
from billing.logs import add_facts, service
from dashboard.access.roles import ROLES
from dashboard.staff.actors import actor_of
from dashboard.staff.invitation import send_invitation
from dashboard.staff.models import Member

ADMIN = "admin"


@service("staff")
@transaction.atomic
def invite_member(
    *, email: str, display_name: str, roles: list[str], by: Member, reason: str, now: datetime
) -> Member:
    """Makes a member without a password and, once that is committed, mails a link to set one.

    Raises InvalidInput when the address is taken or no role is given.
    """
    email = email.strip().lower()
    check_roles(roles)
    check_reason(reason)
    if Member.objects.filter(email=email).exists():
        raise InvalidInput(
            "email_taken", "Somebody with this e-mail address works here already.", field="email"
        )
    member = make_member(email=email, display_name=display_name.strip(), roles=roles)
    record(member, "invited", actor=actor_of(by), now=now, reason=reason, roles=sorted(roles))
    add_facts(member=member.pk, roles=sorted(roles))
    transaction.on_commit(lambda: send_invitation(member, invited_by=str(by)))
    return member


def make_member(*, email: str, display_name: str, roles: list[str], password: str | None = None) -> Member:
    """A member in these roles, whose address counts as checked: an admin vouches for it."""
    member = Member.objects.create_user(email, password, display_name=display_name)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    member.groups.set(Group.objects.filter(name__in=roles))
    return member


@service("staff")
@transaction.atomic
def change_roles(*, member: Member, roles: list[str], by: Member, reason: str, now: datetime) -> Member:
    """Gives the member exactly these roles. What they may do changes with their next request.

    Raises NotAllowed for one's own roles, Conflict when no admin would be left.
    """
    check_roles(roles)
    check_reason(reason)
    member = _lock(member)
    if member.pk == by.pk:
        raise NotAllowed("own_roles", "Nobody changes their own roles; ask another admin.", field="roles")
    had = sorted(member.groups.values_list("name", flat=True))
    if ADMIN in had and ADMIN not in roles:
        _keep_an_admin(without=member)
    if had == sorted(roles):
        raise InvalidInput("roles_unchanged", "These are the roles they have already.", field="roles")
    member.groups.set(Group.objects.filter(name__in=roles))
    record(
        member, "roles_changed", actor=actor_of(by), now=now, reason=reason, was=had, now_has=sorted(roles)
    )
    add_facts(member=member.pk, roles=sorted(roles))
    return member


@service("staff")
@transaction.atomic
def deactivate_member(*, member: Member, by: Member, reason: str, now: datetime) -> Member:
    """Ends the member's access at once: sign-in is refused and every session is ended.

    Raises NotAllowed for oneself, Conflict when already deactivated or when no admin would be left.
    """
    check_reason(reason)
    member = _lock(member)
    if member.pk == by.pk:
        raise NotAllowed("own_access", "Nobody deactivates themselves; ask another admin.")
    if not member.is_active:
        raise Conflict("already_deactivated", f"{member} is deactivated already.")
    if member.groups.filter(name=ADMIN).exists():
        _keep_an_admin(without=member)
    member.is_active = False
    member.save(update_fields=["is_active"])
    for session in UserSession.objects.filter(user=member):
        session.end()
    record(member, "deactivated", actor=actor_of(by), now=now, reason=reason)
    add_facts(member=member.pk)
    return member


@service("staff")
@transaction.atomic
def reactivate_member(*, member: Member, by: Member, reason: str, now: datetime) -> Member:
    """Lets the member sign in again, with the roles they had."""
    check_reason(reason)
    member = _lock(member)
    if member.is_active:
        raise Conflict("already_active", f"{member} is active already.")
    member.is_active = True
    member.save(update_fields=["is_active"])
    record(member, "reactivated", actor=actor_of(by), now=now, reason=reason)
    add_facts(member=member.pk)
    return member


@service("staff")
def end_session(*, member: Member, session_id: int) -> bool:
    """Ends one of the member's own sessions; False when it is gone already."""
    session = UserSession.objects.filter(user=member, pk=session_id).first()
    if session is None:
        return False
    session.end()
    return True


def check_roles(roles: list[str]) -> None:
    known = {role.name for role in ROLES}
    if not roles or not set(roles) <= known:
        raise InvalidInput(
            "roles_unknown", f"Choose at least one of {', '.join(sorted(known))}.", field="roles"
        )


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("reason_missing", "Say why: the reason is kept with the change.", field="reason")


def locked_member(pk: int) -> Any:
    """The member with the rights of this moment, which nobody can take away before the transaction ends."""
    return Member.objects.select_for_update(of=("self",)).filter(pk=pk).first()


def _lock(member: Member) -> Any:
    """Admins first, all in one order, so that two changes at once cannot take the last admin away."""
    locked = list(Member.objects.filter(groups__name=ADMIN).order_by("pk").select_for_update(of=("self",)))
    return next((each for each in locked if each.pk == member.pk), None) or (
        Member.objects.select_for_update().get(pk=member.pk)
    )


def _keep_an_admin(*, without: Member) -> None:
    others = Member.objects.filter(groups__name=ADMIN, is_active=True).exclude(pk=without.pk)
    if not others.exists():
        raise Conflict(
            "last_admin", f"{without} is the only admin; make somebody else an admin first.", field="roles"
        )


@service("staff")
@transaction.atomic
def make_first_admin(*, email: str, display_name: str, now: datetime) -> Member:
    """An admin without a password, on a desk that has no active admin. Raises Conflict when it has one, and
    InvalidInput when the address is taken."""
    email = email.strip().lower()
    Group.objects.select_for_update().get(name=ADMIN)
    if Member.objects.filter(groups__name=ADMIN, is_active=True).exists():
        raise Conflict("admin_exists", "This desk has an admin already, who can invite others.")
    if Member.objects.filter(email=email).exists():
        raise InvalidInput(
            "email_taken", "Somebody with this e-mail address works here already.", field="email"
        )
    member = make_member(email=email, display_name=display_name.strip(), roles=[ADMIN])
    record(member, "invited", actor=system("first_admin"), now=now, reason="First admin", roles=[ADMIN])
    add_facts(member=member.pk)
    return member
