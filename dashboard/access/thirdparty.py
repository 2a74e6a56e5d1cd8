"""Who may use the pages that django-allauth brings: one table, since its views cannot carry our marks.

What is missing from the table is left undeclared, and the walk over all addresses fails for it.
"""

from collections.abc import Iterable

from django.urls.resolvers import URLPattern, URLResolver

from dashboard.access.declare import Access, declare

SIGNED_IN = Access("signed_in")
GATE = Access("public", reason="part of signing in")
RESET = Access("public", reason="a forgotten password is reset by mail, by somebody who cannot sign in")

THIRD_PARTY: dict[str, Access] = {
    "account_login": GATE,
    "account_logout": Access("public", reason="signing out twice is no error"),
    "account_inactive": Access("public", reason="tells a deactivated member so"),
    "account_signup": Access("public", reason="says that accounts are made by an admin; there is no sign-up"),
    "account_reauthenticate": SIGNED_IN,
    "account_email": SIGNED_IN,  # ours stands before it
    "account_email_verification_sent": Access("public", reason="says that a mail was sent"),
    "account_confirm_email": Access("public", reason="opened from a mail, with a signed key"),
    "account_change_password": SIGNED_IN,
    "account_set_password": SIGNED_IN,
    "account_reset_password": RESET,
    "account_reset_password_done": RESET,
    "account_reset_password_from_key": RESET,
    "account_reset_password_from_key_done": RESET,
    "account_confirm_login_code": GATE,
    "mfa_index": SIGNED_IN,
    "mfa_authenticate": GATE,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "mfa_list_webauthn": SIGNED_IN,
    "mfa_add_webauthn": SIGNED_IN,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
    "mfa_remove_webauthn": SIGNED_IN,
    "mfa_edit_webauthn": SIGNED_IN,
    "mfa_login_webauthn": GATE,
    "usersessions_list": SIGNED_IN,
}


def declare_third_party(patterns: Iterable[URLPattern | URLResolver]) -> None:
    """Marks the views below these patterns as the table says."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            declare_third_party(pattern.url_patterns)
        elif pattern.name in THIRD_PARTY:
            declare(pattern.callback, THIRD_PARTY[pattern.name])
