"""The production settings pass Django's deployment checks, and production refuses to start half set up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.local import database, postgres

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "COUNTINGHOUSE_ENV": "production",
    "SECRET_KEY": "k9f2-7hq1-zz08-xw3r-5tbn-c4vm-81pd-aa6e-uy2i-oo9l-ss7g",
    "ALLOWED_HOSTS": "desk.halden.example",
    "PUBLIC_URL": "https://desk.halden.example",
    "DATABASE_URL": os.environ.get("DATABASE_URL") or postgres.url(postgres.APPLICATION, "postgres"),
    "EMAIL_URL": "smtp+tls://desk:secret@mail.internal:587",
}


@pytest.fixture(scope="module", autouse=True)
def server() -> None:
    """Checks of models ask the server for its version."""
    if not database.is_external():
        postgres.start()


def manage(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:dashboard", "manage.py", *arguments],
        cwd=ROOT, env={**kept, **environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_deployment_check_is_clean() -> None:
    ran = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert ran.returncode == 0, ran.stderr
    assert "no issues (0 silenced)" in ran.stdout + ran.stderr


def test_production_names_everything_that_it_misses() -> None:
    bare = {"COUNTINGHOUSE_ENV": "production", "DATABASE_URL": PRODUCTION["DATABASE_URL"]}
    ran = manage("check", **bare)
    assert ran.returncode != 0
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL"):
        assert f"{name} is required in production" in ran.stderr


def test_production_wants_a_long_secret_key_and_its_own_database() -> None:
    ran = manage("check", **{**PRODUCTION, "SECRET_KEY": "short", "DATABASE_URL": ""})
    assert "SECRET_KEY must be at least 50 characters long." in ran.stderr
    assert "DATABASE_URL is required in production" in ran.stderr
    assert "short\n" not in ran.stderr


def test_demo_members_and_flush_are_refused_in_production() -> None:
    for command in (["demo_members"], ["flush", "--noinput"]):
        ran = manage(*command, **PRODUCTION)
        assert ran.returncode != 0
        assert "in production" in ran.stderr


def test_a_database_out_of_reach_is_told_in_a_sentence() -> None:
    nowhere = "postgresql://desk:hushhush@127.0.0.1:1/desk"
    ran = manage("migrate", **{**PRODUCTION, "DATABASE_URL": nowhere, "DATABASE_OWNER_URL": nowhere})
    assert ran.returncode != 0
    assert "The database at 127.0.0.1 cannot be reached; check DATABASE_URL" in ran.stderr
    assert "hushhush" not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_migrating_without_the_owner_is_refused() -> None:
    ran = manage("migrate", **PRODUCTION)
    assert ran.returncode != 0
    assert "DATABASE_OWNER_URL is not set" in ran.stderr
