"""YooKassa's objects in our words: pure functions from plain dicts."""
