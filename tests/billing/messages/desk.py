"""A customer who can be written to, and a message to them."""

from typing import Any

from procrastinate.contrib.django.models import ProcrastinateJob

from billing.history.actors import person
from billing.history.models import HistoryEntry
from billing.messages import queue, services
from billing.messages.models import Message
from billing.messages.words import Note
from billing.models import Customer
from billing.money import Money
from tests import make
from tests.make import NOW

JUDE, TOVE = person(12, "Jude Okafor", ["support"]), person(3, "Tove Ahlgren", ["admin"])


def somebody(**more: Any) -> Customer:
    return make.customer(**{"email": f"buchhaltung.{make.serial()}@brueckner.de", "locale": "de-AT", **more})


def written(to: Customer | None = None, **more: Any) -> Message:
    """A message about a refund of 1,284.30 EUR."""
    asked = {
        "kind": "refund_promised",
        "customer_id": (to or somebody()).pk,
        "facts": {"amount": Money(128_430, "EUR"), "reference": "REF-1", "note": Note("")},
        "cause": f"refund:REF-{make.serial()}:promised",
        "actor": JUDE,
        "now": NOW,
        **more,
    }
    return services.write(**asked)


def jobs_of(message: Message) -> int:
    return ProcrastinateJob.objects.filter(task_name=queue.SEND, args__message_id=message.pk).count()


def states_of(message: Message) -> list[str]:
    entries = HistoryEntry.objects.filter(subject_kind="message", subject_id=message.pk, kind="state")
    return list(entries.order_by("pk").values_list("to_state", flat=True))
