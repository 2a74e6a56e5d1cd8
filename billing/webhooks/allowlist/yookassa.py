"""What is kept of YooKassa's objects, by the part of the event's name before its state."""

ALLOWED: dict[str, str] = {}
