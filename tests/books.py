"""Whether the books hold, as `manage.py verify_books` asks."""

from billing.checks.run import verify


def what_is_broken() -> dict[str, tuple[str, ...]]:
    """Each check that found something, with the first of what it found; empty when all holds.

    The totals that are rolled up have marks that outlive a test's rollback, and tests of their own.
    """
    broken = [result for result in verify() if not result.holds and not result.key.startswith("totals_")]
    return {result.key: result.offenders for result in broken}
