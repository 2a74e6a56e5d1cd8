"""What is kept of the sandbox's own objects."""

ALLOWED: dict[str, str] = {
    "refund": """
        id object payment amount_minor currency state reason reference failure_code message(text)
        created_at as_of
    """,
    "payment": """
        id object payment customer method card tries amount_minor currency state reference failure_code
        message(text) created_at tried_at as_of keep(flag)
    """,
    "setup": "id object customer method card reference state created_at as_of",
    "dispute": "id object payment amount_minor currency state reference reason created_at as_of",
}
