"""What is kept of PayPal's resources, by the ``resource_type`` of their event."""

ALLOWED: dict[str, str] = {}
