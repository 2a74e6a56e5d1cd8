"""A subscription in a batch, and what the end of its period brings to it."""

from dataclasses import dataclass
from datetime import datetime

from billing.invoices.issuing import InvoiceOrder
from billing.subscriptions.doing import order_of
from billing.subscriptions.models import Subscription
from billing.subscriptions.plans import Facts
from billing.subscriptions.renewing_rules import Renewal

__all__ = ["Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """``facts`` are as they stood before the renewal; ``row`` becomes what it is after it."""

    row: Subscription
    facts: Facts
    renewal: Renewal

    @property
    def goes_on(self) -> bool:
        """Whether a next period has begun."""
        return self.renewal.period is not None

    @property
    def order(self) -> InvoiceOrder:
        """The invoice of the period that begins, under the law of its first day."""
        return order_of(self.facts, self.renewal.pieces, cause=self.renewal.cause, on=self.renewal.at)

    def put(self, now: datetime) -> None:
        """Sets the row to what it is from now on."""
        row, renewal = self.row, self.renewal
        row.state = renewal.state
        row.anchor_at = renewal.anchor_at
        if renewal.period is not None:
            row.current_period_start, row.current_period_end = renewal.period.start, renewal.period.end
        elif renewal.what == "trial_paused":
            row.paused_at = now
        else:
            row.ended_at = renewal.at
            row.canceled_at = row.canceled_at or now
