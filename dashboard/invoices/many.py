"""What can be done to many invoices at once: sending them again, and their documents in one archive."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Count, Q

from billing.invoices.bulk import SEND_MANY
from dashboard.invoices.bundling import BUNDLE, MOST
from dashboard.invoices.forms import SendForm
from dashboard.lists.screen import BulkAction
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import grouped

__all__ = ["DOCUMENTS", "SEND"]


def _are(count: int, more: str) -> str:
    return f"1 {more.replace('are', 'is', 1)}" if count == 1 else f"{grouped(count)} {more}"


def _left_out(rows: Any, *, drafts_and_void: bool) -> list[Effect | Notice]:
    """How many of the chosen have no document of ours, or nothing to be sent; each says so in its result."""
    found = rows.order_by().aggregate(
        elsewhere=Count("pk", filter=~Q(gateway="")),
        drafts=Count("pk", filter=Q(gateway="", state="draft")),
        void=Count("pk", filter=Q(gateway="", state="void")),
    )
    told: list[Effect | Notice] = []
    if found["elsewhere"]:
        sentence = _are(found["elsewhere"], "are left out: issued at a gateway")
        told.append(Effect(sentence, "Its documents are there.", "info-circle"))
    for state in ("drafts", "void") if drafts_and_void else ():
        if found[state]:
            word = "drafts" if state == "drafts" else "void"
            sentence = _are(found[state], f"are left out: {word}")
            told.append(Effect(sentence, "There is nothing to send.", "info-circle"))
    return told


def _sent(count: int, asked: Mapping[str, Any]) -> str:
    who = "1 customer is" if count == 1 else f"The customers of {grouped(count)} invoices are"
    return f"{who} written to, with the PDF"


SEND = BulkAction(
    name="send",
    label="Send…",
    kind=SEND_MANY,
    permission="messages.resend",
    form=SendForm,
    effect=_sent,
    icon="mail",
    most=1_000,
    preview=lambda rows, asked, actor, now: _left_out(rows, drafts_and_void=True),
)


class BundleForm(forms.Form):
    """Nothing is asked."""


def _bundled(count: int, asked: Mapping[str, Any]) -> str:
    return "1 PDF is made" if count == 1 else f"{grouped(count)} PDFs are made, for one zip file"


DOCUMENTS = BulkAction(
    name="documents",
    label="Download PDFs…",
    kind=BUNDLE,
    permission="exports.run",
    form=BundleForm,
    effect=_bundled,
    icon="download",
    most=MOST,
    about="Each document is made as the invoice stands when its turn comes, in the language of its customer.",
    preview=lambda rows, asked, actor, now: [
        *_left_out(rows, drafts_and_void=False),
        Effect("The zip is yours alone, for a day", "It waits on the page of this work.", "lock"),
    ],
)
