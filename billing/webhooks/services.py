"""What the desk does with a gateway's messages: take them in, do what they say, try again."""

from billing.webhooks.draining import drain
from billing.webhooks.intake import NotSigned, Received, receive
from billing.webhooks.processing import process_batch

__all__ = ["NotSigned", "Received", "drain", "process_batch", "receive"]
