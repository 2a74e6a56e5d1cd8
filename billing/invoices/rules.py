"""What an invoice may become, and what its sums must be. Pure."""

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "invoice",
    moves("""
        draft → open
        open → paid | void | uncollectible
        uncollectible → paid | void
        paid → open
    """),
    moves("""
        draft → paid | void | uncollectible
        uncollectible → open
    """),
)
