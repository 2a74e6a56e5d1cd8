"""The pure modules carry no framework: an import of one loads no Django, no driver, no gateway."""

import subprocess
import sys
from pathlib import Path

PURE = [
    "billing.errors",
    "billing.ids",
    "billing.ledger.accounts",
    "billing.ledger.drafts",
    "billing.ledger.rules",
    "billing.money",
    "billing.periods",
    "billing.subscriptions.mrr",
]
FRAMEWORKS = {"django", "psycopg", "procrastinate", "stripe", "structlog", "pghistory", "pgtrigger"}


def test_pure_modules_load_no_framework():
    program = f"import sys, {', '.join(PURE)}; sys.stdout.write(' '.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert set(PURE) <= set(loaded)
    assert not FRAMEWORKS & set(loaded)
