"""What a dispute's page shows."""

from typing import Any

from billing.disputes.models import Dispute


def context(dispute: Dispute, user: Any) -> dict[str, Any]:
    return {"dispute": dispute}
