"""What assigning, snoozing and following up will do, told while the form is typed."""

from typing import Any

from django.utils import timezone

from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import full_day, full_moment, relative
from dashboard.parts.viewer import abbreviation
from dashboard.staff.models import Member
from dashboard.work.forms import WAKE, AssignForm, FollowUpForm, SnoozeForm

QUIET = Effect("Nobody is written to", "Neither the customer nor a colleague gets a mail.", "mail-off")
KEPT = Effect("It stands in the history", "With your name and the time.", "history")

Told = list[Effect | Notice]


def of_assigning(form: AssignForm, me: Any) -> Told:
    chosen = form.cleaned_data.get("assignee", "")
    if chosen is None:
        return [Effect("It belongs to nobody then", "It stays in its queue.", "user-off"), KEPT]
    member = Member.objects.filter(pk=chosen).first() if chosen else None
    if member is None:
        return [Effect("Choose who looks after it", "", "user-check")]
    who = "You find" if member.pk == me.pk else f"{member} finds"
    return [Effect(f"{who} it in My work", "It stays in its queue too.", "user-check"), QUIET, KEPT]


def of_snoozing(form: SnoozeForm) -> Told:
    if form.cleaned_data.get("until") == WAKE:
        return [Effect("It is back in its queue at once", "", "clock-play"), KEPT]
    until = form.moment
    if until is None:
        return [Effect("Choose when it comes back", "", "clock-pause")]
    now = timezone.now()
    if until <= now:
        return [Notice("That moment is past", "Choose a later one.", "bad")]
    zone = abbreviation(timezone.localtime(until))
    return [
        Effect(
            f"It comes back on {full_moment(until)} {zone}", relative(until, now).capitalize(), "clock-pause"
        ),
        Effect("Until then no queue shows it", "For nobody; its page says so.", "eye-off"),
        KEPT,
    ]


def of_following_up(form: FollowUpForm, me: Any) -> Told:
    on = form.cleaned_data.get("on")
    if on is None:
        return [Effect("Choose the day", "", "calendar")]
    if on < timezone.localdate():
        return [Notice("That day is past", "Choose today or later.", "bad")]
    return [
        Effect(f"You find it in My work on {full_day(on)}", "Until you say that it is done.", "calendar"),
        QUIET,
        KEPT,
    ]
