"""My work, and assigning, snoozing and following up whatever stands in a queue."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.errors import InvalidInput
from dashboard.access import NotPermitted, everyone_signed_in, may, who_may
from dashboard.actions.dialog import Done, act
from dashboard.parts.formatting import full_day, full_moment
from dashboard.queues import services
from dashboard.queues.models import WorkItem
from dashboard.queues.subjects import KINDS, Kind, name_of_subject
from dashboard.staff.actors import actor_of
from dashboard.staff.models import Member
from dashboard.work import effects
from dashboard.work.forms import AssignForm, FollowUpForm, SnoozeForm
from dashboard.work.page import context


@require_safe
@everyone_signed_in
def index(request: HttpRequest) -> HttpResponse:
    """What is mine, what is due, what sleeps."""
    known = context(request.user, timezone.now(), timezone.localdate())
    return render(request, "dashboard/work/index.html", known)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("work.assign")
def assign(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Makes it somebody's work."""
    of, subject = _subject(request, kind, key)

    def give(form: AssignForm, form_key: str) -> WorkItem:
        chosen = form.cleaned_data["assignee"]
        member = Member.objects.filter(pk=chosen).first() if chosen is not None else None
        return services.assign(assignee=member, **_what(request, of, subject))

    return _ask(
        request,
        of,
        subject,
        template="assign",
        form=lambda data: AssignForm(data, permission=of.permission, me=request.user),
        effects=lambda form: effects.of_assigning(form, request.user),
        primary="Assign",
        perform=give,
        said=lambda item: f"Assigned to {item.assignee}" if item.assignee else "It belongs to nobody now",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("work.assign")
def snooze(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Keeps it out of the queues until a moment, or wakes it."""
    of, subject = _subject(request, kind, key)
    now = timezone.now()
    item = _item(subject)
    asleep = bool(item and item.snoozed_until and item.snoozed_until > now)

    def sleep(form: SnoozeForm, form_key: str) -> WorkItem:
        try:
            return services.snooze(until=form.moment, **_what(request, of, subject))
        except InvalidInput as refusal:
            if form.cleaned_data["until"] == "moment":
                refusal.field = "at"
            raise

    return _ask(
        request,
        of,
        subject,
        template="snooze",
        form=lambda data: SnoozeForm(data, now=now, asleep=asleep),
        effects=effects.of_snoozing,
        primary="Snooze",
        perform=sleep,
        said=lambda item: (
            f"Asleep until {full_moment(item.snoozed_until)}" if item.snoozed_until else "Back in its queue"
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("work.assign")
def follow_up(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Brings it back to whoever asks on a day."""
    of, subject = _subject(request, kind, key)
    item = _item(subject)
    today = timezone.localdate()
    mine = item is not None and item.follow_up_by_id == request.user.pk

    def remember(form: FollowUpForm, form_key: str) -> WorkItem:
        return services.follow_up(
            on=form.cleaned_data["on"],
            note=form.cleaned_data["note"],
            member=request.user,
            **_what(request, of, subject),
        )

    return _ask(
        request,
        of,
        subject,
        template="follow_up",
        form=lambda data: FollowUpForm(
            data,
            today=today,
            on=item.follow_up_on if mine and item else None,
            note=item.note if mine and item else "",
        ),
        effects=lambda form: effects.of_following_up(form, request.user),
        primary="Remind me",
        perform=remember,
        said=lambda item: (
            f"You follow it up on {full_day(item.follow_up_on)}" if item.follow_up_on else "Done"
        ),
        more={"others": _replaced(item) if item and not mine else ""},
    )


def _replaced(item: WorkItem) -> str:
    """One object has one follow-up: whose it takes the place of."""
    if item.follow_up_on is None:
        return ""
    return f"{item.follow_up_by} follows it up on {full_day(item.follow_up_on)}; yours takes its place."


@require_POST
@who_may("work.assign")
def done(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Says that a follow-up is done."""
    return _quick(request, kind, key, "Followed up", _finish_follow_up)


@require_POST
@who_may("work.assign")
def release(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Gives it back: it is nobody's then."""
    return _quick(request, kind, key, "Off your list", _give_back)


@require_POST
@who_may("work.assign")
def wake(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Puts what sleeps back into its queue."""
    return _quick(
        request, kind, key, "Back in its queue", lambda item, what: services.snooze(until=None, **what)
    )


def _finish_follow_up(item: WorkItem, what: dict[str, Any]) -> None:
    services.follow_up(on=None, note="", member=None, **what)


def _give_back(item: WorkItem, what: dict[str, Any]) -> None:
    services.assign(assignee=None, **what)


def _quick(
    request: HttpRequest,
    kind: str,
    key: str,
    said: str,
    deed: Callable[[WorkItem, dict[str, Any]], Any],
) -> HttpResponse:
    """Does it to what is on this member's own list; pressed twice, the second press finds nothing to do."""
    of, subject = _subject(request, kind, key)
    item = _item(subject)
    if item is not None and request.user.pk in (item.assignee_id, item.follow_up_by_id):
        deed(item, _what(request, of, subject))
        messages.success(request, f"{said}: {of.label(subject)}")
    else:
        messages.warning(request, f"{of.label(subject)} is not on your list any more")
    return redirect("work:index")


def _subject(request: HttpRequest, kind: str, key: str) -> tuple[Kind, Any]:
    """The kind and its object; 404 for what is not there, refused for what this person may not see."""
    of = KINDS.get(kind)
    if of is None:
        raise Http404(f"Nothing of the kind {kind} stands in a queue.")
    if not may(request.user, of.permission):
        raise NotPermitted(of.permission)
    subject = of.find(key)
    if subject is None:
        raise Http404(f"There is no {kind} {key}.")
    return of, subject


def _item(subject: Any) -> WorkItem | None:
    kind = subject._meta.model_name
    return WorkItem.objects.filter(subject_kind=kind, subject_id=subject.pk).first()


def _what(request: HttpRequest, of: Kind, subject: Any) -> dict[str, Any]:
    # The day of `now` is the viewer's, so that "today" means what their calendar says.
    return {
        "subject": subject,
        "label": of.label(subject),
        "url": of.url(subject),
        "actor": actor_of(request.user),
        "now": timezone.localtime(),
    }


def _ask(
    request: HttpRequest,
    of: Kind,
    subject: Any,
    *,
    template: str,
    form: Callable[[Any], Any],
    effects: Callable[[Any], Any],
    primary: str,
    perform: Callable[[Any, str], WorkItem],
    said: Callable[[WorkItem], str],
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    back = of.url(subject) or reverse("work:index")
    return act(
        request,
        template=f"dashboard/work/{template}.html",
        form=form,
        effects=effects,
        primary=lambda bound: primary,
        perform=perform,
        done=lambda item: Done(said(item), url=back, go=True),
        back=back,
        context={
            "subject": subject,
            "label": of.label(subject),
            "name": name_of_subject(subject),
            "item": _item(subject),
            "now": timezone.now(),
            **(more or {}),
        },
    )
