"""The index of every job of the domain: workers read it to know what they can do."""

from billing.approvals import tasks as approvals
from billing.audit import tasks as audit
from billing.checkouts import tasks as checkouts
from billing.credits import tasks as credits
from billing.gateways import tasks as gateways
from billing.incidents import tasks as incidents
from billing.invoices import tasks as invoices
from billing.messages import tasks as messages
from billing.payments import tasks as payments
from billing.refunds import tasks as refunds
from billing.rollups import tasks as rollups
from billing.subscriptions import tasks as subscriptions
from billing.subscriptions.commitments import tasks as commitments
from billing.subscriptions.gateway_ends import tasks as gateway_ends
from billing.subscriptions.trials import tasks as trials
from billing.usage import tasks as usage

__all__ = [
    "approvals",
    "audit",
    "checkouts",
    "commitments",
    "credits",
    "gateway_ends",
    "gateways",
    "incidents",
    "invoices",
    "messages",
    "payments",
    "refunds",
    "rollups",
    "subscriptions",
    "trials",
    "usage",
]
