"""The forms of signing in, of one's own profile, and of who works here."""

from typing import Any

from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms

from dashboard.access.roles import ROLES
from dashboard.staff.choices import locale_choices, time_zone_choices
from dashboard.staff.models import Member, Theme

ROLE_CHOICES = [(role.name, f"{role.label}: {role.does}") for role in ROLES]


class Plain(forms.Form):
    """Labels say what a field is for, so nothing is repeated inside it, nor in a hint of HTML."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""
            field.widget.attrs.pop("autofocus", None)
        shown = self.visible_fields()
        if shown:
            shown[0].field.widget.attrs["autofocus"] = True


class AddressForm(Plain, ResetPasswordForm):
    """Asking for a link to set a new password."""


class NewPasswordForm(Plain, ResetPasswordKeyForm):
    """Setting a password by the link."""


class FirstPasswordForm(Plain, SetPasswordForm):
    """Setting a password when one has none."""


class OtherPasswordForm(Plain, ChangePasswordForm):
    """Changing one's password."""


class ConfirmForm(Plain, ReauthenticateForm):
    """Typing one's password again before something sensitive."""


class CodeForm(Plain, AuthenticateForm):
    """The second step."""


class ConfirmByCodeForm(Plain, ReauthenticateByCodeForm):
    """A code of the authenticator before something sensitive."""


class ActivateAppForm(Plain, ActivateTOTPForm):
    """The first code of a new authenticator."""


class SignInForm(Plain, LoginForm):
    """Signing in with the work e-mail; the cursor stands where one types next."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        address, password = self.fields["login"], self.fields["password"]
        address.label = "Work e-mail"
        address.widget.attrs["autocomplete"] = "username webauthn"
        password.widget.attrs["class"] = "form-control"
        if self.is_bound:
            address.widget.attrs.pop("autofocus", None)
            password.widget.attrs["autofocus"] = True


class ProfileForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        required=False, choices=time_zone_choices, help_text="Times are shown in it. Exports stay in UTC."
    )
    locale = forms.ChoiceField(
        label="Figures and dates",
        required=False,
        choices=locale_choices,
        help_text="How 1,284.30 is written.",
    )
    theme = forms.ChoiceField(required=False, choices=Theme.choices, widget=forms.RadioSelect)

    class Meta:
        model = Member
        fields = ("display_name", "time_zone", "locale", "theme")


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept with your name and the time.",
        error_messages={"required": "Say why: the reason is kept with the change."},
    )


class RolesForm(ReasonForm):
    roles = forms.MultipleChoiceField(
        choices=ROLE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one role."},
    )
    field_order = ["roles", "reason"]


class InviteForm(RolesForm):
    display_name = forms.CharField(label="Name", max_length=120)
    email = forms.EmailField(label="Work e-mail", max_length=254)
    field_order = ["display_name", "email", "roles", "reason"]
