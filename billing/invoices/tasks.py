"""The kinds of long work over invoices that a worker must know."""

from billing.invoices import bulk

__all__ = ["bulk"]
