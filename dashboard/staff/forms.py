from typing import Any

from allauth.account.forms import LoginForm
from django import forms

from dashboard.staff.models import Member


class SignInForm(LoginForm):
    """Signing in with the work e-mail. The passkey's autofill hint is on the address field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Work e-mail"
        self.fields["login"].widget.attrs.update(
            {"autocomplete": "username webauthn", "class": "form-control", "placeholder": ""}
        )
        self.fields["password"].widget.attrs.update({"class": "form-control", "placeholder": ""})
        if self.initial.get("login") or self.is_bound:
            self.fields["login"].widget.attrs.pop("autofocus", None)
            self.fields["password"].widget.attrs["autofocus"] = True
        else:
            self.fields["login"].widget.attrs["autofocus"] = True


class ProfileForm(forms.ModelForm):
    class Meta:
        model = Member
        fields = ("display_name",)
