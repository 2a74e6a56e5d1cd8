"""What a checkout session may become. Pure."""

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "checkoutsession",
    moves("""
        starting → open | complete | expired | failed
        open → complete | expired
        expired → complete
    """),
    moves("""
        failed → open | complete
        open → complete | expired
        expired → complete
    """),
)
