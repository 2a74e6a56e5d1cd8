"""Gateways that take the whole process with them, at one side of the call or the other."""

import os
from collections.abc import Mapping
from typing import Any

from billing.gateways.facts import PaymentFact, RefundFact
from billing.gateways.sandbox import Sandbox
from billing.ids import form_key
from billing.money import Money

KILLED = 9


class DiesBefore(Sandbox):
    """The power fails between our row and the call."""

    def refund(
        self, payment_gateway_id: str, amount: Money, *, key: str, reason: str, metadata: Mapping[str, str]
    ) -> RefundFact:
        os._exit(KILLED)


class DiesAfter(Sandbox):
    """The power fails between the call and its answer: the money has gone."""

    def refund(
        self, payment_gateway_id: str, amount: Money, *, key: str, reason: str, metadata: Mapping[str, str]
    ) -> RefundFact:
        super().refund(payment_gateway_id, amount, key=key, reason=reason, metadata=metadata)
        os._exit(KILLED)


class DiesBeforeCharge(Sandbox):
    """The power fails between our payment and the call."""

    def charge(self, *args: Any, **kwargs: Any) -> PaymentFact:
        os._exit(KILLED)


class DiesAfterCharge(Sandbox):
    """The power fails between the call and its answer: the money has come."""

    def charge(self, *args: Any, **kwargs: Any) -> PaymentFact:
        super().charge(*args, **kwargs)
        os._exit(KILLED)


class Forgetful(Sandbox):
    """As if our key were left out: each call comes with another."""

    def refund(
        self, payment_gateway_id: str, amount: Money, *, key: str, reason: str, metadata: Mapping[str, str]
    ) -> RefundFact:
        return super().refund(payment_gateway_id, amount, key=form_key(), reason=reason, metadata=metadata)
