"""Kinds of long work over payments that a worker must know."""

from billing.payments import bulk

__all__ = ["bulk"]
