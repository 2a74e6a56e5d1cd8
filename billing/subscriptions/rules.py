"""What a subscription may become, and which ones count. Pure."""

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "subscription",
    moves("""
        incomplete → active | expired
        trialing → active | past_due | unpaid | paused | canceled
        active → past_due | paused | canceled
        past_due → active | unpaid | canceled
        paused → active | canceled
        unpaid → active | canceled
    """),
    moves("""
        incomplete → trialing | past_due | unpaid | paused | canceled
        trialing → incomplete
        active → trialing | unpaid | incomplete
        past_due → trialing | paused | incomplete
        unpaid → trialing | past_due | paused | incomplete
        paused → trialing | past_due | unpaid | incomplete
    """),
)

TERMINAL = frozenset({"canceled", "expired"})
BILLABLE = frozenset({"trialing", "active", "past_due"})
COUNTS_AS_MRR = frozenset({"active", "past_due"})
