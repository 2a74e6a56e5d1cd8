"""The index of every model of the domain, floor by floor."""

from billing.approvals import rules as approvals_rules
from billing.approvals.models import Approval, ApprovalLimit, LimitUse
from billing.audit.models import AccessRead, AuditLeaves, AuditSeal
from billing.billing_run.models import BillingBatch, UsageBilled
from billing.catalog.models import (
    Feature,
    Meter,
    PackagePrice,
    Price,
    Quota,
    Tier,
    TierCredits,
    TierFeature,
    TokenPackage,
)
from billing.checkouts import rules as checkouts_rules
from billing.checkouts.models import CheckoutSession
from billing.credits.models import (
    CreditAccount,
    CreditEntry,
    CreditEntryLot,
    CreditLot,
    ExpiryNotice,
)
from billing.customers.link_models import CustomerLink
from billing.customers.models import Customer, CustomerNote, Identity, IdentityKey
from billing.disputes import rules as disputes_rules
from billing.disputes.models import Dispute
from billing.gateways.models import GatewayPace, SandboxEvent, SandboxObject
from billing.history.models import AllowedTransition, HistoryEntry
from billing.incidents import rules as incidents_rules
from billing.incidents.models import Incident, IncidentCredit
from billing.invoices import rules as invoices_rules
from billing.invoices.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, NumberSeries
from billing.invoices.pending_models import PendingLine
from billing.jobs.models import Run, RunFile, RunRow
from billing.ledger.models import ExchangeRate, Posting, PostingLine
from billing.messages import rules as messages_rules
from billing.messages.models import Message, MessageTemplate, MessageText
from billing.metrics.models import HeardSpan, MetricTotal
from billing.notifications.models import Alert
from billing.payments import rules as payments_rules
from billing.payments.card_models import CardLink
from billing.payments.models import (
    Payment,
    PaymentAllocation,
    PaymentAttempt,
    PaymentLink,
    PaymentMethod,
)
from billing.payouts import rules as payouts_rules
from billing.payouts.models import Payout
from billing.refunds import rules as refunds_rules
from billing.refunds.models import Refund
from billing.rollups.models import DailyTotal, RollupMark
from billing.subscriptions import rules as subscriptions_rules
from billing.subscriptions.changes import PendingChange, SubscriptionChange
from billing.subscriptions.commitments import rules as commitments_rules
from billing.subscriptions.commitments.models import Commitment
from billing.subscriptions.gateway_ends import rules as gateway_ends_rules
from billing.subscriptions.gateway_ends.models import GatewayEnd
from billing.subscriptions.models import MrrMovement, Subscription, SubscriptionItem
from billing.subscriptions.trials import rules as trials_rules
from billing.subscriptions.trials.models import TrialCluster, TrialMark, TrialStart
from billing.tax.models import LocationEvidence, VatCheck
from billing.usage.models import (
    MeterReport,
    UsageCounter,
    UsageEvent,
    UsageGap,
    UsageStream,
    UsageThreshold,
)
from billing.usage.pricing_models import UsagePrice
from billing.usage.push_models import GatewayMeter, MeterPush
from billing.webhooks import rules as webhooks_rules
from billing.webhooks.models import WebhookAttempt, WebhookEvent, WebhookPayload, WebhookRefusal

__all__ = [
    "MACHINES",
    "AccessRead",
    "Alert",
    "AllowedTransition",
    "Approval",
    "ApprovalLimit",
    "AuditLeaves",
    "AuditSeal",
    "BillingBatch",
    "CardLink",
    "CheckoutSession",
    "Commitment",
    "CreditAccount",
    "CreditEntry",
    "CreditEntryLot",
    "CreditLot",
    "CreditNote",
    "CreditNoteLine",
    "Customer",
    "CustomerLink",
    "CustomerNote",
    "DailyTotal",
    "Dispute",
    "ExchangeRate",
    "ExpiryNotice",
    "Feature",
    "GatewayEnd",
    "GatewayMeter",
    "GatewayPace",
    "HeardSpan",
    "HistoryEntry",
    "Identity",
    "IdentityKey",
    "Incident",
    "IncidentCredit",
    "Invoice",
    "InvoiceLine",
    "LimitUse",
    "LocationEvidence",
    "Message",
    "MessageTemplate",
    "MessageText",
    "Meter",
    "MeterPush",
    "MeterReport",
    "MetricTotal",
    "MrrMovement",
    "NumberSeries",
    "PackagePrice",
    "Payment",
    "PaymentAllocation",
    "PaymentAttempt",
    "PaymentLink",
    "PaymentMethod",
    "Payout",
    "PendingChange",
    "PendingLine",
    "Posting",
    "PostingLine",
    "Price",
    "Quota",
    "Refund",
    "RollupMark",
    "Run",
    "RunFile",
    "RunRow",
    "SandboxEvent",
    "SandboxObject",
    "Subscription",
    "SubscriptionChange",
    "SubscriptionItem",
    "Tier",
    "TierCredits",
    "TierFeature",
    "TokenPackage",
    "TrialCluster",
    "TrialMark",
    "TrialStart",
    "UsageBilled",
    "UsageCounter",
    "UsageEvent",
    "UsageGap",
    "UsagePrice",
    "UsageStream",
    "UsageThreshold",
    "VatCheck",
    "WebhookAttempt",
    "WebhookEvent",
    "WebhookPayload",
    "WebhookRefusal",
]

#: Every state machine; `migrate` writes them into the database, which refuses any other move.
MACHINES = (
    approvals_rules.MACHINE,
    checkouts_rules.MACHINE,
    commitments_rules.MACHINE,
    disputes_rules.MACHINE,
    gateway_ends_rules.MACHINE,
    incidents_rules.MACHINE,
    invoices_rules.MACHINE,
    messages_rules.MACHINE,
    payments_rules.MACHINE,
    payouts_rules.MACHINE,
    refunds_rules.MACHINE,
    subscriptions_rules.MACHINE,
    trials_rules.MACHINE,
    webhooks_rules.MACHINE,
)
