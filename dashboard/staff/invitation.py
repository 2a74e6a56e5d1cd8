"""The mail by which a new member sets their password."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from dashboard.staff.models import Member


def password_link(member: Member) -> str:
    """A link that lets the member set a password once, for as long as PASSWORD_RESET_TIMEOUT says."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(member), "key": default_token_generator.make_token(member)},
    )
    return f"{settings.PUBLIC_URL}{path}"


def send_invitation(member: Member, *, invited_by: str) -> None:
    """Mails the link. Raises what the mail server raises: the admin can send it again."""
    get_adapter().render_mail(
        "account/email/invitation",
        member.email,
        {
            "member": member,
            "invited_by": invited_by,
            "link": password_link(member),
            "company": settings.COMPANY_NAME,
            "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
        },
    ).send()
