"""One's own account: how one is called, how things look, where one is signed in."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import everyone_signed_in
from dashboard.staff import services
from dashboard.staff.forms import ProfileForm
from dashboard.staff.models import Member


@require_http_methods(["GET", "HEAD", "POST"])
@everyone_signed_in
def index(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, Member)
    member = Member.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=member)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your profile is saved.")
        return redirect("account:index")
    return render(
        request,
        "account/profile.html",
        {"form": form, "roles": member.groups.order_by("name")},
        status=422 if form.errors else 200,
    )


@require_POST
@everyone_signed_in
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, Member)
    if services.end_session(member=request.user, session_id=pk):
        messages.success(request, "That session is signed out.")
    else:
        messages.info(request, "That session had ended already.")
    return redirect("usersessions_list")


@require_safe
@everyone_signed_in
def email(request: HttpRequest) -> HttpResponse:
    """An address is how one is known here, so an admin changes it; the profile says so."""
    messages.info(request, f"Your address at {settings.COMPANY_NAME} is changed by an admin.")
    return redirect("account:index")
