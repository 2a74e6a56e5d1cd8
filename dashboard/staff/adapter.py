"""How django-allauth behaves at this desk."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class MemberAdapter(DefaultAccountAdapter):
    """No public sign-up: members are made by an admin. Mail speaks of the company, not of a domain."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "E-mail or password is wrong. Look for Caps Lock, or set a new password.",
        "too_many_login_attempts": "Too many wrong tries. Wait 15 minutes, or set a new password.",
        "enter_current_password": "This is not your current password.",
        "incorrect_password": "This is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return subject.strip()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, {"company": settings.COMPANY_NAME, **context})

    def clean_email(self, email: str) -> str:
        return str(super().clean_email(email)).lower()
