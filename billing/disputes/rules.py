"""What a dispute may become. Pure."""

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "dispute",
    moves("needs_response → under_review"),
    moves("""
        warning → warning_closed | needs_response
        needs_response → under_review | won | lost | prevented
        under_review → won | lost | needs_response
        lost → won
    """),
)
