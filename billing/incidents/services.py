"""What can be done about an outage; each verb says what it promises."""

from billing.incidents import approving
from billing.incidents.crediting import INCIDENT_CREDIT_ROW, begin_credits, credit_row
from billing.incidents.recording import record_incident, withdraw_incident

__all__ = [
    "INCIDENT_CREDIT_ROW",
    "approving",
    "begin_credits",
    "credit_row",
    "record_incident",
    "withdraw_incident",
]
