"""What the desk asks of a gateway, in the desk's own words."""

from collections.abc import Mapping
from typing import Protocol

from billing.gateways.facts import RefundFact
from billing.money import Money


class Gateway(Protocol):
    """Every call may raise `Unreachable`, `NotSetUp` or `GatewayRefused` of `billing.gateways.errors`,
    and is made with no transaction open."""

    name: str
    #: Whether the same key gives the same answer; where not, ask before sending a second time.
    remembers_keys: bool

    def refund(
        self, payment_gateway_id: str, amount: Money, *, key: str, reason: str, metadata: Mapping[str, str]
    ) -> RefundFact:
        """Gives money back, once per ``key``, which is also the reference that comes back in facts.

        Raises `Declined` when the gateway says no.
        """
        ...

    def find_refund(self, payment_gateway_id: str, reference: str) -> RefundFact | None:
        """The refund of this payment that carries our reference; None when the gateway knows of none."""
        ...

    def retrieve_refund(self, gateway_id: str) -> RefundFact | None:
        """The refund as it stands now; None when the gateway does not know it."""
        ...

    def cancel_refund(self, gateway_id: str, *, key: str) -> RefundFact:
        """Calls back a refund that waits for the customer; others are refused (`GatewayRefused`)."""
        ...
