"""The mail itself: the text as it stands, and the same text in our own layout."""

import re

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from billing.messages.attaching import files_of
from billing.messages.models import MessageText

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


def mail_of(text: MessageText) -> EmailMultiAlternatives:
    """One mail to one address. The Message-ID is the message's own, so that a server that is given the same
    one again can tell."""
    message = text.message
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    mail = EmailMultiAlternatives(
        subject=text.subject,
        body=text.body + "\n",
        to=[text.address],
        headers={
            "Message-ID": f"<{message.reference}@{host}>",
            "Content-Language": message.language,
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(html_of(text.subject, text.body, message.language), "text/html")
    for file in files_of(message):
        mail.attach(file.name, file.content, file.kind)
    return mail


def html_of(subject: str, body: str, language: str) -> str:
    """The text in our mail layout: paragraphs, everything escaped, no picture and nothing fetched."""
    return render_to_string(
        "mail/customer.html",
        {
            "subject": subject,
            "paragraphs": paragraphs(body),
            "language": language,
            "direction": "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr",
            "company": settings.COMPANY_NAME,
        },
    )


def paragraphs(body: str) -> list[str]:
    """The text split at its blank lines."""
    return [each for each in re.split(r"\n\s*\n", body.strip()) if each.strip()]
