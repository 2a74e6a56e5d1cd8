"""What the desk does with a gateway's messages: take them in, do what they say, again when somebody asks."""

from billing.webhooks.draining import drain
from billing.webhooks.ignoring import IGNORE_MANY, ignore
from billing.webhooks.intake import NotSigned, Received, receive
from billing.webhooks.processing import process_batch
from billing.webhooks.replaying import REPLAY_MANY, Difference, dry_run, replay, try_now

__all__ = [
    "IGNORE_MANY",
    "REPLAY_MANY",
    "Difference",
    "NotSigned",
    "Received",
    "drain",
    "dry_run",
    "ignore",
    "process_batch",
    "receive",
    "replay",
    "try_now",
]
