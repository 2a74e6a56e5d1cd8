"""Who works here: the list, a member, and what an admin does about them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from billing.errors import Refused
from billing.history.services import record
from dashboard.access import may, who_may
from dashboard.parts.entries import Action, Fact
from dashboard.staff import queries, services
from dashboard.staff.actors import actor_of
from dashboard.staff.forms import InviteForm, ReasonForm, RolesForm
from dashboard.staff.invitation import send_invitation
from dashboard.staff.models import Member


@require_safe
@who_may("staff.view")
def index(request: HttpRequest) -> HttpResponse:
    everyone = request.GET.get("show") == "all"
    return render(
        request,
        "dashboard/staff/index.html",
        {
            "rows": queries.members(also_deactivated=everyone),
            "everyone": everyone,
            "may_manage": may(request.user, "staff.manage"),
        },
    )


@require_safe
@who_may("staff.view")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=pk)
    return render(
        request,
        "dashboard/staff/show.html",
        {
            "member": member,
            "facts": [
                Fact("Roles", queries.role_words(member)),
                Fact("E-mail", member.email),
                Fact("Last sign-in", member.last_login, why="They have not signed in yet."),
                Fact("Member since", member.date_joined),
                Fact("Time zone", member.time_zone or "As the company"),
            ],
            "actions": actions_for(member, request.user),
            "story": queries.story(member),
        },
    )


def actions_for(member: Member, viewer: Any) -> list[Action]:
    """What an admin may do about this member; refused actions say why."""
    if not may(viewer, "staff.manage"):
        return []
    own = "" if member.pk != viewer.pk else "This is you; another admin can do it."
    actions = [
        Action("Change roles…", reverse("staff:roles", args=[member.pk]), "shield", refusal=own),
    ]
    if not member.is_active:
        return [*actions, Action("Reactivate…", reverse("staff:reactivate", args=[member.pk]), "user-check")]
    if not member.has_usable_password():
        actions.append(
            Action(
                "Send the link again", reverse("staff:invitation", args=[member.pk]), "send", method="post"
            )
        )
    return [
        *actions,
        Action(
            "Deactivate…", reverse("staff:deactivate", args=[member.pk]), "user-off", "danger", refusal=own
        ),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("staff.manage")
def new(request: HttpRequest) -> HttpResponse:
    def invite(form: InviteForm) -> Member:
        return services.invite_member(**form.cleaned_data, by=_me(request), now=timezone.now())

    return _dialog(
        request,
        InviteForm(request.POST or None, initial={"roles": ["support"]}),
        "dashboard/staff/new.html",
        invite,
        "{} is invited; the link to set a password is on its way.",
        {"back": reverse("staff:index")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("staff.manage")
def roles(request: HttpRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=pk)
    has = list(member.groups.values_list("name", flat=True))

    def change(form: RolesForm) -> Member:
        return services.change_roles(member=member, **form.cleaned_data, by=_me(request), now=timezone.now())

    return _dialog(
        request, RolesForm(request.POST or None, initial={"roles": has}), "dashboard/staff/roles.html",
        change, "The roles of {} are changed.", {"member": member},
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("staff.manage")
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=pk)

    def end(form: ReasonForm) -> Member:
        return services.deactivate_member(
            member=member, reason=form.cleaned_data["reason"], by=_me(request), now=timezone.now()
        )

    return _dialog(
        request, ReasonForm(request.POST or None), "dashboard/staff/deactivate.html",
        end, "{} is deactivated and signed out everywhere.", {"member": member},
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("staff.manage")
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=pk)

    def restore(form: ReasonForm) -> Member:
        return services.reactivate_member(
            member=member, reason=form.cleaned_data["reason"], by=_me(request), now=timezone.now()
        )

    return _dialog(
        request, ReasonForm(request.POST or None), "dashboard/staff/reactivate.html",
        restore, "{} may sign in again.", {"member": member},
    )  # fmt: skip


@require_POST
@who_may("staff.manage")
def invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends the link to set a password again."""
    member = get_object_or_404(Member, pk=pk, is_active=True)
    send_invitation(member, invited_by=str(request.user))
    record(member, "invitation_sent", actor=actor_of(request.user), now=timezone.now(), reason="Sent again")
    messages.success(request, f"The link is on its way to {member.email}.")
    return redirect("staff:show", pk=pk)


def _me(request: HttpRequest) -> Member:
    assert isinstance(request.user, Member)  # the view's mark has let nobody else in
    return request.user


def _dialog(
    request: HttpRequest,
    form: Any,
    template: str,
    do: Callable[[Any], Member],
    done: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Asks; refuses with 422 and the form as it was typed; or does it and shows the member."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                member = do(form)
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
            else:
                messages.success(request, done.format(member))
                url = reverse("staff:show", args=[member.pk])
                return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]
    if "member" in context:
        context["back"] = reverse("staff:show", args=[context["member"].pk])
    return render(request, template, {"form": form, **context}, status=status)
