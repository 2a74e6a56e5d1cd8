"""What a subscription's page shows."""

from typing import Any

from billing.subscriptions.models import Subscription


def context(subscription: Subscription, user: Any) -> dict[str, Any]:
    return {"subscription": subscription}
