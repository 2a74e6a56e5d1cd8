"""What a dispute may become. Pure."""

from billing.history.machines import Machine, moves

MACHINE = Machine(
    "dispute",
    # A refund answers a warning; one that fails after all leaves it open again.
    moves("""
        needs_response → under_review
        warning → prevented
        prevented → warning
    """),
    # Messages come late or never: a gateway's report may leave any step out.
    moves("""
        warning → warning_closed | needs_response | under_review | won | lost | prevented
        warning_closed → warning | needs_response | under_review | won | lost | prevented
        needs_response → under_review | won | lost | prevented
        under_review → won | lost | needs_response | prevented
        lost → won | needs_response | under_review
        won → lost | needs_response | under_review
        prevented → warning_closed | needs_response | under_review | won | lost
    """),
)
