"""docs/production.md: its commands, files and links exist, and its SQL makes what the desk needs."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from billing.webhooks.handlers import STRIPE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")


def test_every_command_exists() -> None:
    named = set(re.findall(r"manage\.py (\w+)", PAGE))
    assert {"migrate", "collectstatic", "check", "first_admin", "verify_books", "roll_up"} <= named
    assert named - set(get_commands()) == set()


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"^ {4}make (\w+)", PAGE, re.M)) | {"run"} <= targets


@pytest.mark.parametrize("page", ["docs/production.md", "docs/settings.md", "benchmarks/README.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)", text):
        if not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), target


def test_it_names_every_family_of_events_that_is_listened_for() -> None:
    families = {handler.begins.split(".")[0] for handler in STRIPE if handler.kind} - {
        "plan",
        "transfer",
    }  # of accounts older than any new one
    listed = PAGE.partition("A webhook endpoint")[2].partition("3. Restart")[0]
    assert {family for family in families if f"`{family}.`" not in listed} == set()


def test_the_wsgi_application_that_systemd_starts_is_there() -> None:
    assert "granian --interface wsgi dashboard.wsgi:application" in PAGE
    assert (ROOT / "dashboard" / "wsgi.py").is_file()
    assert re.search(r"^granian", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M)
