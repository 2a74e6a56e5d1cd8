"""What a commitment may become. Pure."""

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "commitment",
    moves("""
        agreed → canceling | confirmed | ended | released
        canceling → confirmed | at_risk | agreed | ended | released
        confirmed → canceling | at_risk | agreed | ended | released
        at_risk → canceling | confirmed | agreed | ended | released
    """),
)
