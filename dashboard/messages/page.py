"""What a message's page and its peek say."""

from typing import Any

from django.urls import reverse

from billing.history.queries import timeline_of
from billing.messages.composing import Preview
from billing.messages.models import Message, MessageText
from billing.messages.queries import resends_of
from billing.messages.resending import STILL_GOING
from dashboard.actions.letters import language_name, letter_of
from dashboard.actions.offers import offer
from dashboard.actions.related import link
from dashboard.actions.timeline import moments
from dashboard.lists.names import name_of
from dashboard.messages.tables import address, kind_label
from dashboard.parts.entries import Action, Fact, Letter, Notice

ABOUT = {"refund": ("refunds:show", "refunds.view"), "creditnote": ("credit_notes:show", "invoices.view")}


def words_of(message: Message) -> MessageText | None:
    return getattr(message, "text", None)


def letter(message: Message) -> Letter | None:
    """The message as it was written; None once its words are erased."""
    text = words_of(message)
    if text is None:
        return None
    told = Preview(message.kind, message.language, message.version, "", text.subject, text.body)
    return letter_of(told)


def context(message: Message, user: Any) -> dict[str, Any]:
    """Everything the page shows, in as many queries whatever was sent again."""
    text = words_of(message)
    return {
        "message": message,
        "label": kind_label(message),
        "address": text.address if text else "",
        "letter": letter(message),
        "name": name_of(message.customer),
        "customer_url": link("customers:show", message.customer.reference, user, "customers.view"),
        "facts": facts(message, user),
        "actions": actions(message, user),
        "notices": notices(message),
        "resends": [(each, address(each)) for each in resends_of(message)],
        "first_url": address(message.resend_of) if message.resend_of else "",
        "entries": moments(timeline_of(message)),
    }


def facts(message: Message, user: Any) -> list[Fact]:
    target, permission = ABOUT.get(message.subject_kind, ("", ""))
    url = link(target, message.subject_label, user, permission) if target else ""
    shipped = "as shipped" if message.version == 0 else f"version {message.version}"
    rows = [
        Fact("Language", language_name(message.language)),
        Fact(
            "Text",
            shipped,
            url=reverse("messages:versions", args=[message.kind, message.language]),
        ),
        Fact("Asked by", message.asked_by_name),
        Fact("Written", message.created_at),
    ]
    if message.subject_label:
        rows.insert(0, Fact("For", message.subject_label, url=url))
    if message.sent_at:
        rows.append(Fact("Sent", message.sent_at))
    return rows


def actions(message: Message, user: Any) -> list[Action]:
    """What this person may do with the message now."""
    if message.state in STILL_GOING:
        return []
    erased = "" if words_of(message) else "Its words were erased with the customer's data."
    offered: list[Action] = []
    if message.state == "failed":
        offered += offer(
            user,
            "Try again…",
            "messages:retry",
            [message.reference],
            permission="messages.resend",
            refusal=erased,
            icon="refresh",
        )
    offered += offer(
        user,
        "Resend…",
        "messages:resend",
        [message.reference],
        permission="messages.resend",
        refusal=erased,
        icon="send",
    )
    return offered


def notices(message: Message) -> list[Notice]:
    if message.state == "canceled":
        return [Notice("It was not sent", message.why_not, "idle", "ban")]
    if message.state == "failed":
        return [Notice("It could not be sent", message.failure, "bad")]
    if message.state == "queued" and message.failure:
        return [Notice(f"Try {message.attempts + 1} comes by itself", message.failure, "wait")]
    if message.state == "waiting":
        return [Notice("It waits for a decision", "It is sent once a second person has said yes.", "wait")]
    return []


def peek_context(message: Message, user: Any) -> dict[str, Any]:
    """What stands at the side of the list about one message."""
    text = words_of(message)
    pairs = [
        Fact(
            "Customer",
            name_of(message.customer)[0],
            url=link("customers:show", message.customer.reference, user, "customers.view"),
        ),
        Fact("To", text.address or "none")
        if text
        else Fact("To", None, why="Erased with the customer's data."),
        *facts(message, user),
    ]
    return {
        "message": message,
        "label": kind_label(message),
        "letter": letter(message),
        "pairs": pairs,
        "notices": notices(message),
        "peek_actions": actions(message, user),
    }
