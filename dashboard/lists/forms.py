"""The form of a saved view."""

from typing import Any

from django import forms

from dashboard.access import ROLES, may
from dashboard.lists.models import SavedView


class SavedViewForm(forms.Form):
    """A name, and whom the view is for; sharing needs its own permission."""

    name = forms.CharField(
        label="Name",
        max_length=60,
        error_messages={"required": "Give the view a name, for example Card schemes Q4."},
    )
    shared_with = forms.ChoiceField(label="Who sees it", required=False)

    def __init__(
        self, *args: Any, owner: Any, screen: str, own: SavedView | None = None, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.owner, self.screen, self.own = owner, screen, own
        shared = (
            [(role.name, f"Everybody in {role.label}") for role in ROLES] if may(owner, "views.share") else []
        )
        self.fields["shared_with"].choices = [("", "Only me"), *shared]  # type: ignore[attr-defined]
        if not shared:
            self.fields[
                "shared_with"
            ].help_text = "Your role keeps views to itself; finance and admins share them."

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        taken = SavedView.objects.filter(owner=self.owner, screen=self.screen, name__iexact=name)
        if self.own:
            taken = taken.exclude(pk=self.own.pk)
        if taken.exists():
            raise forms.ValidationError(f"You have a view called “{name}” on this list: choose another name.")
        return name
