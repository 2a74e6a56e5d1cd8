"""What a gateway says about its objects, in our words: plain values that services record.

Times are aware datetimes, amounts minor units of ``currency``. ``as_of`` is the moment the gateway
vouched for the fact; a fact about an earlier moment never overwrites a later one.
"""

from billing.gateways.facts.invoices import CreditNoteFact, InvoiceFact, InvoicePaymentFact, LineFact
from billing.gateways.facts.payments import (
    AttemptFact,
    CheckoutFact,
    DisputeFact,
    FundsFact,
    PageFact,
    PaymentFact,
    PayoutFact,
    RefundFact,
)
from billing.gateways.facts.people import CustomerFact, MethodFact, PersonFact, SetupFact
from billing.gateways.facts.plans import EndFact, ItemFact, PriceFact, SubscriptionFact, TierFact, UsageFact

__all__ = [
    "AttemptFact",
    "CheckoutFact",
    "CreditNoteFact",
    "CustomerFact",
    "DisputeFact",
    "EndFact",
    "FundsFact",
    "InvoiceFact",
    "InvoicePaymentFact",
    "ItemFact",
    "LineFact",
    "MethodFact",
    "PageFact",
    "PaymentFact",
    "PayoutFact",
    "PersonFact",
    "PriceFact",
    "RefundFact",
    "SetupFact",
    "SubscriptionFact",
    "TierFact",
    "UsageFact",
]
