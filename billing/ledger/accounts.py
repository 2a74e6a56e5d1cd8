"""The chart of accounts: few, fixed, and the same in every currency."""

from enum import StrEnum
from typing import Literal, Self

__all__ = ["Account", "Kind", "Side"]

type Side = Literal["debit", "credit"]
type Kind = Literal["asset", "liability", "income", "contra_income", "expense"]

DEBIT_KINDS = ("asset", "contra_income", "expense")


class Account(StrEnum):
    """An account with its label, its kind, and in `description` what its balance means to a reader."""

    label: str
    kind: Kind
    description: str

    def __new__(cls, value: str, label: str, kind: Kind, description: str) -> Self:
        account = str.__new__(cls, value)
        account._value_ = value
        account.label = label
        account.kind = kind
        account.description = description
        return account

    RECEIVABLE = "receivable", "Receivable", "asset", "Invoiced and not yet paid."
    DEFERRED_REVENUE = "deferred_revenue", "Deferred revenue", "liability", "Invoiced and not yet rendered."
    REVENUE = "revenue", "Revenue", "income", "Rendered, without tax."
    TAX_PAYABLE = "tax_payable", "Tax payable", "liability", "Tax invoiced and owed to a tax office."
    GATEWAY_CLEARING = "gateway_clearing", "Gateway clearing", "asset", "Held by gateways until paid out."
    BANK = "bank", "Bank", "asset", "Received in, or paid from, our own bank accounts."
    CUSTOMER_BALANCE = (
        "customer_balance",
        "Customer balance",
        "liability",
        "Owed to customers: store credit and what they overpaid.",
    )
    REFUNDS_IN_TRANSIT = (
        "refunds_in_transit",
        "Refunds in transit",
        "liability",
        "Approved refunds that have not yet reached the customer.",
    )
    REFUNDS_GRANTED = (
        "refunds_granted",
        "Refunds granted",
        "contra_income",
        "Refunded without lowering an invoice by a credit note.",
    )
    GATEWAY_FEES = "gateway_fees", "Gateway fees", "expense", "What gateways charge, dispute fees included."
    GOODWILL = "goodwill", "Goodwill", "contra_income", "Store credit given as a gesture."
    DISPUTED = "disputed", "Disputed", "asset", "Taken back by card issuers while a dispute is open."
    DISPUTE_LOSSES = "dispute_losses", "Dispute losses", "expense", "Disputes lost for good."
    BAD_DEBT = "bad_debt", "Bad debt", "expense", "Rendered, written off, and not expected any more."
    BAD_DEBTS_RECOVERED = (
        "bad_debts_recovered",
        "Bad debts recovered",
        "income",
        "Paid after it had been written off.",
    )
    BREAKAGE = "breakage", "Breakage", "income", "Prepaid units that expired unused."
    FX_POSITION = (
        "fx_position",
        "Currency position",
        "asset",
        "What settlements in another currency moved from one currency to the other.",
    )
    FX_GAIN_OR_LOSS = (
        "fx_gain_or_loss",
        "Currency gain or loss",
        "income",
        "Realised by settling at another rate than was booked; a loss when in debit.",
    )

    @property
    def normal_side(self) -> Side:
        """The side on which the account grows; a balance on the other side deserves a look."""
        return "debit" if self.kind in DEBIT_KINDS else "credit"

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Value and label, as form and model fields take them."""
        return [(account.value, account.label) for account in cls]
