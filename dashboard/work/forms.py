"""What is asked before something is assigned, snoozed or followed up."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from dashboard.parts.formatting import full_day
from dashboard.queues.bulk import NOBODY, member_choices

MORNING = time(9)
WAKE, MOMENT = "wake", "moment"


class AssignForm(forms.Form):
    """Who looks after it."""

    assignee = forms.ChoiceField(
        label="Assign to",
        error_messages={
            "required": "Assign to: choose who looks after it.",
            "invalid_choice": "Assign to: choose somebody of the list; their role must let them see it.",
        },
    )

    def __init__(self, data: Any = None, *, permission: str, me: Any) -> None:
        super().__init__(data)
        self.fields["assignee"].choices = member_choices(permission)  # type: ignore[attr-defined]
        self.fields["assignee"].initial = str(me.pk)

    def clean_assignee(self) -> int | None:
        chosen = self.cleaned_data["assignee"]
        return None if chosen == NOBODY else int(chosen)


class SnoozeForm(forms.Form):
    """Until when it sleeps, in the viewer's zone."""

    until = forms.ChoiceField(
        label="Until",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Until: choose when it comes back.",
            "invalid_choice": "Until: choose one of the list.",
        },
    )
    at = forms.DateTimeField(
        label="The moment",
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Only for “At a moment”.",
        error_messages={"invalid": "The moment: write a day and a time, for example 2026-12-01 09:00."},
    )

    def __init__(self, data: Any = None, *, now: datetime, asleep: bool) -> None:
        super().__init__(data)
        self.moments = moments(now)
        words = {"tomorrow": "Tomorrow, 09:00", "monday": "Next Monday, 09:00", "week": "In a week, 09:00"}
        choices = [(name, f"{words[name]} · {full_day(at.date())}") for name, at in self.moments.items()]
        choices.append((MOMENT, "At a moment"))
        if asleep:
            choices.insert(0, (WAKE, "Wake it now"))
        self.fields["until"].choices = choices  # type: ignore[attr-defined]
        self.fields["until"].initial = "tomorrow"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("until") == MOMENT and not cleaned.get("at") and "at" not in self.errors:
            self.add_error("at", "The moment: say the day and the time at which it comes back.")
        return cleaned

    @property
    def moment(self) -> datetime | None:
        """When it comes back; None wakes it now, or nothing is chosen yet."""
        chosen = self.cleaned_data.get("until", "")
        return self.cleaned_data.get("at") if chosen == MOMENT else self.moments.get(chosen)


class FollowUpForm(forms.Form):
    """The day on which one wants to be reminded, and of what."""

    on = forms.DateField(
        label="On",
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "On: choose the day.",
            "invalid": "On: write a day, for example 2026-12-01.",
        },
    )
    note = forms.CharField(
        label="What to do then",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "Note: shorten it to 500 characters."},
    )

    def __init__(self, data: Any = None, *, today: date, on: date | None, note: str) -> None:
        super().__init__(data)
        self.fields["on"].initial = on or next_working_day(today)
        self.fields["on"].widget.attrs["min"] = today.isoformat()
        self.fields["note"].initial = note


def moments(now: datetime) -> dict[str, datetime]:
    """The mornings on offer, in the viewer's zone: nine by the clock on each of those days."""
    today = timezone.localtime(now).date()
    days = {
        "tomorrow": today + timedelta(days=1),
        "monday": today + timedelta(days=7 - today.weekday()),
        "week": today + timedelta(days=7),
    }
    zone = timezone.get_current_timezone()
    return {name: datetime.combine(day, MORNING, zone) for name, day in days.items()}


def next_working_day(today: date) -> date:
    """Tomorrow, or Monday after a Friday or a Saturday."""
    return today + timedelta(days={4: 3, 5: 2}.get(today.weekday(), 1))
