"""Stripe's objects in our words: pure functions from plain dicts to facts, for every API version."""
