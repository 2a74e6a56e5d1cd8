"""What a refund may become and how much may be given back. Pure."""

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "refund",
    moves("""
        draft → pending_approval | approved
        pending_approval → approved | rejected | withdrawn | expired
        approved → submitting | withdrawn
        submitting → pending | requires_action | succeeded | failed
        pending | requires_action → succeeded | failed | canceled
    """),
    moves("""
        succeeded → failed
        submitting → canceled
        pending → requires_action
        requires_action → pending
    """),
)

#: States in which a refund's amount is spoken for and cannot be refunded a second time.
HOLDS = frozenset({"pending_approval", "approved", "submitting", "pending", "requires_action", "succeeded"})
#: States from which nothing moves any more by our own decision.
SETTLED = frozenset({"succeeded", "failed", "rejected", "withdrawn", "expired", "canceled"})
