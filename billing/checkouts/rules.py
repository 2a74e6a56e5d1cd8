"""What a checkout session may become. Pure."""

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "checkoutsession",
    moves(""),
    moves("""
        open → complete | expired
        expired → complete
    """),
)
