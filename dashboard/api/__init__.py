"""The JSON API that a host product calls, and the keys that open it."""
