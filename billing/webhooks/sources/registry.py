"""The gateways that may send messages, by the name that stands in the address."""

from billing.webhooks.sources.paypal import PayPal
from billing.webhooks.sources.protocol import Source
from billing.webhooks.sources.sandbox import Sandbox
from billing.webhooks.sources.stripe import Stripe
from billing.webhooks.sources.yookassa import YooKassa

SOURCES: dict[str, Source] = {source.name: source for source in (Stripe(), PayPal(), YooKassa(), Sandbox())}
