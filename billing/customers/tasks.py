"""Kinds of long work over customers that a worker must know."""

from billing.customers import tags

__all__ = ["tags"]
