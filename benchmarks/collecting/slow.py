"""The sandbox as far away as a real gateway: every charge takes a tenth of a second on its way."""

import time
from typing import Any

from billing.gateways.facts import PaymentFact
from billing.gateways.sandbox import Sandbox

SECONDS = 0.1


class FarAway(Sandbox):
    def charge(self, *args: Any, **kwargs: Any) -> PaymentFact:
        time.sleep(SECONDS)
        return super().charge(*args, **kwargs)
