"""A worker knows what runs of incidents do to a row, and what a second person's yes does."""

from billing.incidents import services

__all__ = ["services"]
