"""`make pictures`: every screen in light and dark, wide and narrow, on one contact sheet.

    python tests/browser/pictures.py [NAME …]      only these; the sheet shows what there is

Pictures go to var/pictures, with sheet.html and sheet.png beside them; those that the user guide shows go to
docs/guide/pictures as well, small enough to be committed.
"""

import html
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from psycopg import Error as PsycopgError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop lives in this thread

import django

django.setup()

from django.urls import NoReverseMatch, reverse  # noqa: E402 (the settings come first)

from dashboard.local.browser import ensure  # noqa: E402
from tests.browser.desk import Desk, opened  # noqa: E402
from tests.browser.screens import SCREENS, Screen  # noqa: E402
from tests.browser.window import Window  # noqa: E402
from tests.gateways import localstripe  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "var" / "pictures"
GUIDE = ROOT / "docs" / "guide" / "pictures"
README = ROOT / "docs" / "pictures"
THEMES = ("light", "dark")
HIGHEST = 4000  # px: a picture of a page stops there
LARGEST = 150_000  # bytes of a picture that is committed


def main(names: list[str]) -> int:
    """0 when every screen answered as it should."""
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = [screen for screen in SCREENS if not names or screen.name in names]
    troubles: list[str] = []
    with chromium() as browser:
        for book in ("demo", "empty", "stripe"):
            some = [screen for screen in wanted if screen.book == book]
            if not some and not (book == "demo" and "broken" in names):
                continue
            window = Window(browser, {})
            with a_desk(book) as desk:
                for screen in some:
                    troubles += pictured(window, desk, screen)
                if book == "demo" and (not names or "broken" in names):
                    troubles += broken(window, desk)
        contact_sheet(browser)
    for trouble in troubles:
        sys.stderr.write(f"{trouble}\n")
    sys.stdout.write(f"{OUT / 'sheet.html'}: {len(wanted)} screens, {len(troubles)} with trouble\n")
    return 1 if troubles else 0


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure(), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def a_desk(book: str) -> Iterator[Desk]:
    """A desk on the demo company's book, on an empty one, or on one that an account was imported into."""
    if book != "stripe":
        with opened(book) as desk:
            yield desk
        return
    with TemporaryDirectory() as folder:
        server = localstripe.start(Path(folder))
        try:
            localstripe.fill(server)
            with opened("empty", STRIPE_API_BASE=server.url, STRIPE_API_KEY=localstripe.KEY) as desk:
                desk.manage("import_stripe")
                yield desk
        finally:
            localstripe.stop(server.process)


def address(desk: Desk, screen: Screen) -> str:
    args = desk.rows(screen.args)[0] if screen.args else ()
    return reverse(screen.route, args=args) + screen.query


def pictured(window: Window, desk: Desk, screen: Screen) -> list[str]:
    """Takes the pictures of one screen; what was not as it should be."""
    troubles = []
    for width in screen.widths:
        try:
            page = window.open(desk, screen.role, width=width, again=True)
        except PlaywrightError as trouble:
            return [f"{screen.name}: {screen.role} cannot sign in: {str(trouble)[:200]}"]
        try:
            answer = page.goto(address(desk, screen))
            if answer is None or answer.status != screen.status:
                troubles.append(f"{screen.name}: answered {answer and answer.status}, not {screen.status}")
            if screen.act:
                screen.act(page)
            settle(page)
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                shoot(page, f"{screen.name}-{theme}-{width}")
        except (PlaywrightError, PsycopgError, IndexError, NoReverseMatch) as trouble:
            troubles.append(f"{screen.name} at {width}: {type(trouble).__name__}: {str(trouble)[:300]}")
        finally:
            page.close()
    if screen.guide and not troubles:
        keep(OUT / f"{screen.name}-light-{screen.widths[0]}.png", GUIDE / f"{screen.guide}.png")
    if screen.readme and not troubles:
        keep(OUT / f"{screen.name}-light-{screen.widths[0]}.png", README / f"{screen.readme}.png")
    return troubles


def broken(window: Window, desk: Desk) -> list[str]:
    """The page for what should never happen: a table is taken away, and the desk is asked for it."""
    from psycopg import sql

    from tests.browser.books import as_owner

    as_owner(sql.SQL("ALTER TABLE billing_payment RENAME TO billing_payment_gone"), desk.database)
    return pictured(window, desk, Screen("broken", "payments:index", role="support", status=500))


def settle(page: Page) -> None:
    """Until fonts are there and nothing is loading any more."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")


def shoot(page: Page, name: str) -> None:
    """A dialog is seen as the window shows it; a page in a window as high as it is, so that what sticks to
    the window's edge reaches the page's end."""
    wide = page.viewport_size or {"width": 1280, "height": 800}
    modal = page.locator("dialog[open]").count() > 0
    tall = page.evaluate("document.documentElement.scrollHeight")
    if not modal and wide["height"] < tall <= HIGHEST:
        page.set_viewport_size({"width": wide["width"], "height": tall})
    page.screenshot(path=OUT / f"{name}.png")
    page.set_viewport_size(wide)


def keep(shot: Path, kept: Path) -> None:
    """A picture for the repository: few colours are enough for paper, ink and one blue."""
    if not shot.exists():
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(shot) as image:
        top = image.convert("RGB").crop((0, 0, image.width, min(image.height, 1000)))
        for colours in (256, 128, 64):
            # By coverage of colours, not of area: the tone of a small icon is what a state is told by.
            few = top.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            few.save(kept, optimize=True)
            if kept.stat().st_size <= LARGEST:
                return


def contact_sheet(browser: Browser) -> None:
    """One page with everything on it, and a picture of that page."""
    rows = []
    for name in dict.fromkeys([*(screen.name for screen in SCREENS), "broken"]):
        shots = sorted(OUT.glob(f"{name}-*-1280.png"), reverse=True)
        shots += sorted(OUT.glob(f"{name}-*-390.png"), reverse=True)
        shots = [shot for shot in shots if shot.name.removeprefix(f"{name}-").startswith(THEMES)]
        figures = "".join(
            f'<a href="{shot.name}"><img src="{shot.name}" alt="{html.escape(shot.stem)}" '
            f'class="{"wide" if shot.stem.endswith("1280") else "narrow"}"></a>'
            for shot in shots
        )
        rows.append(f"<h2>{html.escape(name)}</h2><div>{figures}</div>")
    style = (
        "body{font:13px sans-serif;margin:24px;background:#888} h2{margin:20px 0 6px;font-size:14px}"
        "div{display:flex;gap:12px;align-items:flex-start} img{display:block;object-fit:cover;"
        "object-position:top} .wide{width:480px;height:300px} .narrow{width:139px;height:300px}"
    )
    (OUT / "sheet.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>Every screen</title><style>{style}</style>"
        + "".join(rows)
    )
    page = browser.new_page(viewport={"width": 1340, "height": 900})
    page.goto((OUT / "sheet.html").as_uri())
    page.screenshot(path=OUT / "sheet.png", full_page=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
