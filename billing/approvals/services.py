"""What the desk does about approvals: ask, decide, withdraw, expire, and set limits."""

from billing.approvals.deciding import approve, reject
from billing.approvals.limits import judge, return_use, use
from billing.approvals.requesting import ask, expire_due, void, withdraw
from billing.approvals.setting import remove_limit, set_limit, set_limits

__all__ = [
    "approve",
    "ask",
    "expire_due",
    "judge",
    "reject",
    "remove_limit",
    "return_use",
    "set_limit",
    "set_limits",
    "use",
    "void",
    "withdraw",
]
