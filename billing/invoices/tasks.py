"""The kinds of long work over invoices, and of approvals about them, that a worker must know."""

from billing.invoices import approving, bulk

__all__ = ["approving", "bulk"]
