"""What is kept of the sandbox's own objects."""

ALLOWED: dict[str, str] = {
    "refund": """
        id object payment amount_minor currency state reason reference failure_code message(text)
        created_at as_of
    """,
}
