"""What a payment may become. Pure."""

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "payment",
    moves("""
        pending → authorized | requires_action | succeeded | failed | unknown | canceled
        authorized → succeeded | canceled | failed
        requires_action → succeeded | failed | canceled
    """),
    moves("""
        unknown → succeeded | failed | canceled
        succeeded → reversed
        failed → pending | requires_action | succeeded | canceled | authorized
        requires_action → pending | authorized
        reversed → succeeded
    """),
)

CAN_BE_REFUNDED = frozenset({"succeeded"})
