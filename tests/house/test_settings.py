"""Settings come from the environment, and a malformed one is refused by name and with the remedy."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.environment import Reader, database_settings, kept_secret

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("read", "value", "means"),
    [
        (lambda r: r.text("X", "there"), "", "there"),
        (lambda r: r.text("X"), "  blanks go  ", "blanks go"),
        (lambda r: r.flag("X"), "Yes", True),
        (lambda r: r.flag("X", default=True), "off", False),
        (lambda r: r.number("X", 7), "", 7),
        (lambda r: r.number("X", 7, most=20), "12", 12),
        (
            lambda r: r.hosts("X", []),
            "desk.halden.example, 10.0.0.1,[::1]",
            ["desk.halden.example", "10.0.0.1", "[::1]"],
        ),
        (lambda r: r.url("X"), "https://desk.halden.example/", "https://desk.halden.example"),
        (
            lambda r: r.urls("X", []),
            "https://a.example,https://b.example:8443",
            ["https://a.example", "https://b.example:8443"],
        ),
        (lambda r: r.secret("X", shape=r".{4,}", hint="is too short."), "long enough", "long enough"),
    ],
)
def test_reads(read, value, means) -> None:
    reader = Reader({"X": value})
    assert read(reader) == means
    reader.finish()


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda r: r.text("X", choices=("local", "production")), "staging"),
        (lambda r: r.text("X", required=True), " "),
        (lambda r: r.flag("X"), "perhaps"),
        (lambda r: r.number("X", 1, least=1, most=9), "10"),
        (lambda r: r.number("X", 1), "1.5"),
        (lambda r: r.number("X", 1), "1e3"),
        (lambda r: r.hosts("X", []), "https://desk.example"),
        (lambda r: r.hosts("X", [], required=True), "*"),
        (lambda r: r.url("X"), "desk.example"),
        (lambda r: r.url("X"), "ftp://desk.example"),
        (lambda r: r.url("X"), "https://desk.example:port"),
        (lambda r: r.urls("X", []), "https://desk.example/path"),
        (lambda r: r.secret("X", shape=r"sk_.*", hint="must begin with sk_."), "pk_live_123"),
        (lambda r: r.database("X"), "mysql://root@localhost/desk"),
        (lambda r: r.database("X"), "postgresql://localhost"),
        (lambda r: r.mailer("X", Path("/tmp")), "smtp.example.com"),
        (lambda r: r.checked("X", "UTC", lambda zone: zone == "UTC", "must be a zone."), "Mars/Olympus"),
    ],
)
def test_refuses_by_name(read, value) -> None:
    reader = Reader({"X": value})
    read(reader)
    with pytest.raises(ImproperlyConfigured, match=r"^X (must|is)") as refusal:
        reader.finish()
    assert value.strip() == "" or len(value) < 4 or value not in str(refusal.value)


def test_names_all_that_is_wrong_at_once() -> None:
    reader = Reader({"A": "perhaps", "B": "many"})
    reader.flag("A")
    reader.number("B", 1)
    with pytest.raises(ImproperlyConfigured) as refusal:
        reader.finish()
    assert [line.split()[0] for line in str(refusal.value).splitlines()] == ["A", "B"]


def test_a_database_url_with_everything_in_it() -> None:
    read = database_settings("postgresql://desk:p%40ss@db.example:6432/books?sslmode=require")
    assert (read["USER"], read["PASSWORD"], read["HOST"], read["PORT"], read["NAME"]) == (
        "desk", "p@ss", "db.example", "6432", "books",
    )  # fmt: skip
    assert read["OPTIONS"] == {"sslmode": "require"}
    assert database_settings("postgresql://desk@/books?host=%2Frun%2Fpg")["HOST"] == "/run/pg"


def test_the_secret_key_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    made = kept_secret(path)
    assert len(made) >= 50
    assert kept_secret(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_malformed_variable_stops_the_site_with_a_sentence() -> None:
    environ = {**os.environ, "SESSION_DAYS": "many", "STRIPE_API_KEY": "pk_live_notsecret1234"}
    ran = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert "SESSION_DAYS must be a whole number from 1 to 90." in ran.stderr
    assert "STRIPE_API_KEY must be a secret or restricted key" in ran.stderr
    assert "pk_live_notsecret1234" not in ran.stderr
