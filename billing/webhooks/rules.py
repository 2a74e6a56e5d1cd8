"""What a webhook event may become. Pure."""

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "webhook",
    moves("""
        received → processing
        processing → processed | failed | ignored | dead
        failed → processing | dead
        processed | dead | ignored → processing
    """),
)
