"""What the sandbox's events are about."""

from billing.webhooks.handlers.handler import Handler

SANDBOX: tuple[Handler, ...] = (
    Handler("refund.", "refunds"),
    Handler("payment.", "payments"),
    Handler("setup.", "setups"),
)
