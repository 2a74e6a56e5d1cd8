"""Ends of subscriptions that a gateway collects: asked for here, set there by a job, read back."""
