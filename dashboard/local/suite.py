"""`make test`: linters, types, contracts, migrations, deployment check and every test.

    python -m dashboard.local.suite [lint]       `lint` stops before the tests

Steps are named and timed, and the first that fails ends the suite. The tests have a database server of their
own, so that a desk may run meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.local import addresses, browser
from dashboard.local.say import Stop, complain, say
from dashboard.local.with_database import running_database

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent

# Settings of a made-up production, for `check --deploy`: no value here is used anywhere else.
PRODUCTION = {
    "COUNTINGHOUSE_ENV": "production",
    "SECRET_KEY": "only-for-the-deployment-check-" + "x9Kq4vT7" * 6,
    "ALLOWED_HOSTS": "desk.example.com",
    "PUBLIC_URL": "https://desk.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://desk.example.com",
    "SANDBOX_WEBHOOK_SECRET": "whsec_only_for_the_deployment_check",
    "EMAIL_URL": "smtp://mail.example.com:25",
}

# A developer's shell may hold a live key or a production's settings: no test is to see them.
FORGOTTEN = (
    *PRODUCTION,
    "STRIPE_API_KEY",
    "STRIPE_WEBHOOK_SECRETS",
    "STRIPE_API_BASE",
    "DATABASE_NAME",
    "PORT",
)


@dataclass(frozen=True)
class Step:
    """One program of the suite and the variables it runs with."""

    name: str
    command: list[str]
    variables: dict[str, str] = field(default_factory=dict)
    named_database: bool = False

    def environment(self) -> dict[str, str]:
        """What it runs with; production wants its database named, even where it is the embedded one."""
        named = addresses.urls() if self.named_database else {}
        return {**named, **os.environ, **self.variables}


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


LINT = [
    Step("style", [str(BIN / "ruff"), "check", "."]),
    Step("format", [str(BIN / "ruff"), "format", "--check", "."]),
    Step("types", [str(BIN / "mypy")]),
    Step("contracts", [str(BIN / "lint-imports")]),
    Step("logs", python("manage.py", "audit_logs")),
    Step("migrations", python("manage.py", "makemigrations", "--check", "--dry-run")),
    Step("deployment", python("manage.py", "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION, True),
]
TESTS = [Step("tests", python("-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "tests"))]


def main(arguments: list[str]) -> int:
    """0 when every step passed."""
    began = time.monotonic()
    for name in FORGOTTEN:
        os.environ.pop(name, None)
    steps = LINT if arguments[:1] == ["lint"] else LINT + TESTS
    if steps is not LINT:
        os.environ["CHROMIUM"] = browser.ensure()
    with running_database(throwaway=True):
        if not all(passed(step) for step in steps):
            return 1
    if steps is LINT:
        say(f"All passed in {time.monotonic() - began:.0f} s.")
    return 0


def passed(step: Step) -> bool:
    """Run a step, saying how long it took and, when it failed, how to repeat it alone."""
    say(f"── {step.name} " + "─" * (60 - len(step.name)))
    began = time.monotonic()
    tests = step in TESTS
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        env=step.environment(),
        stdout=None if tests else subprocess.PIPE,
        stderr=None if tests else subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    if done.returncode:
        say((done.stdout or "").rstrip())
        complain(f"{step.name} failed after {seconds:.0f} s: {' '.join(_short(step.command))}")
        return False
    if not tests:
        say(f"   {step.name} passed ({seconds:.1f} s)")
    return True


def _short(command: list[str]) -> list[str]:
    return [word.replace(f"{ROOT}/", "") for word in command]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as reason:
        complain(str(reason))
        sys.exit(1)
