"""What the desk asks of a gateway, in the desk's own words."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from billing.gateways.facts import EndFact, PageFact, PaymentFact, RefundFact, SetupFact, UsageFact
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


class Charger(Gateway, Protocol):
    """A gateway through which we charge; `registry.charger_named` gives one."""

    #: How many calls a second the gateway takes from all our processes together.
    calls_a_second: int
    #: Whether a method on file belongs to a customer of the gateway's own, who is made known there first.
    knows_customers: bool

    def know_customer(self, reference: str, *, name: str, email: str) -> str:
        """The gateway's id of this customer of ours, made there once per ``reference``; empty where the
        gateway does without."""
        ...

    def charge(
        self,
        customer_gateway_id: str,
        method_gateway_id: str,
        amount: Money,
        *,
        key: str,
        description: str,
        metadata: Mapping[str, str],
    ) -> PaymentFact:
        """Charges a method on file while its owner is away, once per ``key``, which comes back in facts.

        A decline is an answer: a fact whose state is failed, with the gateway's code. Raises `Unreachable`
        when nobody knows what became of it.
        """
        ...

    def find_charge(
        self, key: str, *, customer_gateway_id: str = "", checkout_id: str = ""
    ) -> PaymentFact | None:
        """The payment that was made under our key; None when the gateway knows of none."""
        ...

    def retrieve_payment(self, gateway_id: str) -> PaymentFact | None:
        """The payment as it stands now; None when the gateway does not know it."""
        ...

    def cancel_payment(self, gateway_id: str, *, key: str) -> PaymentFact:
        """Gives up a payment that waits for its customer; others are refused (`GatewayRefused`)."""
        ...

    def open_page(
        self,
        amount: Money,
        *,
        key: str,
        customer_gateway_id: str,
        description: str,
        return_url: str,
        expires_at: datetime,
        keep_method: bool = False,
    ) -> PageFact:
        """A page on which the customer pays exactly this, once per ``key``, and is then sent back.

        With ``keep_method`` the card that pays is kept for later charges and comes back in facts (``saved``).
        """
        ...

    def close_page(self, checkout_id: str) -> PageFact:
        """Closes a page that nobody has paid on, so that nobody will; or tells by what it was paid."""
        ...


class CardTaker(Charger, Protocol):
    """A gateway on whose page a customer leaves a card; `registry.card_taker_named` gives one."""

    def open_setup(
        self, reference: str, *, key: str, customer_gateway_id: str, return_url: str, expires_at: datetime
    ) -> PageFact:
        """A page that takes a card to be charged later and no money, once per ``key``; ``reference`` comes
        back in facts."""
        ...

    def find_setup(self, checkout_id: str) -> SetupFact | None:
        """What was left on such a page, as it stands now; None when the gateway does not know it."""
        ...


class Subscriber(Gateway, Protocol):
    """A gateway that collects subscriptions by itself; `registry.subscriber_named` gives one."""

    def cancel_at(self, gateway_id: str, at: datetime | None, *, key: str) -> EndFact:
        """Sets the moment at which the subscription ends, once per ``key``; None takes it off again.

        Raises `GatewayRefused` for one that has ended or that the gateway does not know.
        """
        ...

    def cancel_now(self, gateway_id: str, *, key: str) -> EndFact:
        """Ends the subscription, once per ``key``; nothing is billed or given back for it.

        Raises `GatewayRefused` for one that the gateway does not know, and may for one that has ended.
        """
        ...

    def retrieve_subscription(self, gateway_id: str) -> EndFact | None:
        """When the subscription ends, as it stands now; None when the gateway does not know it."""
        ...


class Metered(Gateway, Protocol):
    """A gateway that bills by what it is told was used; `registry.metered_named` gives one."""

    def tell_usage(
        self,
        event_name: str,
        customer_gateway_id: str,
        value: Decimal,
        *,
        identifier: str,
        at: datetime,
    ) -> UsageFact:
        """Tells of one use, once per ``identifier``: one that the gateway has already is an answer too.

        Raises `GatewayRefused` for a meter or customer that it does not know.
        """
        ...
