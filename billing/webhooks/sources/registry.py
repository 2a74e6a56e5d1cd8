"""The gateways that may send messages, by the name that stands in the address."""

from billing.webhooks.sources.protocol import Source
from billing.webhooks.sources.sandbox import Sandbox
from billing.webhooks.sources.stripe import Stripe

SOURCES: dict[str, Source] = {source.name: source for source in (Stripe(), Sandbox())}
