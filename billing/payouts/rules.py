"""What a payout may become. Pure."""

from billing.history.machines import Machine, moves

#: A gateway alone moves a payout. A bank may send one back days after it was said to be paid, and a message
#: that comes late or never leaves any of the steps between out.
MACHINE = Machine(
    "payout",
    moves(""),
    moves("""
        pending → in_transit | paid | failed | canceled
        in_transit → pending | paid | failed | canceled
        paid → failed | canceled | in_transit
        failed → paid | in_transit
        canceled → paid
    """),
)
