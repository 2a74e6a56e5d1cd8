"""PayPal's objects in our words: pure functions from plain dicts, of the first and the second interface."""
