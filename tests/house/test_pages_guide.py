"""The user guide: its links lead somewhere, and its pictures are there, small, and those of a real screen."""

import re
from pathlib import Path

from tests.browser.screens import SCREENS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
LARGEST = 150_000  # bytes
PAGES = sorted(GUIDE.glob("*.md"))
LINK = re.compile(r"\]\(([^)#]+)")


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{page.name}: {link}"
        for page in PAGES
        for link in LINK.findall(page.read_text())
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert PAGES and not broken, "; ".join(broken)


def test_every_picture_is_taken_by_make_pictures_and_shown() -> None:
    kept = {file.stem for file in (GUIDE / "pictures").glob("*.png")}
    taken = {screen.guide for screen in SCREENS if screen.guide}
    shown = set(re.findall(r"pictures/([\w-]+)\.png", "".join(page.read_text() for page in PAGES)))
    assert kept - taken == set()
    assert shown - taken == set()
    assert taken - shown == set()


def test_pictures_are_small() -> None:
    large = [file.name for file in (GUIDE / "pictures").glob("*.png") if file.stat().st_size > LARGEST]
    assert large == []


def test_every_page_is_named_in_the_index() -> None:
    index = (GUIDE / "README.md").read_text()
    assert [page.name for page in PAGES if page.name != "README.md" and f"({page.name})" not in index] == []
