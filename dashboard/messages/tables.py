"""The columns of the log of messages."""

from django.urls import reverse

from billing.messages.kinds import KINDS
from billing.messages.models import Message
from dashboard.actions.letters import language_name
from dashboard.lists import columns


def address(message: Message) -> str:
    return reverse("messages:show", args=[message.reference])


def kind_label(message: Message) -> str:
    return KINDS[message.kind].label if message.kind in KINDS else message.kind.replace("_", " ").capitalize()


def language(message: Message) -> str:
    return language_name(message.language)


class MessageTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.State("message")
    kind = columns.Made("About", kind_label, place="m2")
    customer = columns.CustomerName()
    language = columns.Made("Language", language, wide=True, dim=True)
    asked_by = columns.ListColumn("By", accessor="asked_by_name", wide=True, dim=True)
    created = columns.Moment("Written", accessor="created_at", sort="created")
