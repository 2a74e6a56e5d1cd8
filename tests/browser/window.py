"""Pages of a desk in a browser: each in a context of its own, as a member or as nobody, and watched over."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from dashboard.staff.demo import DEMO_MEMBERS, DEMO_PASSWORD
from tests.browser.desk import Desk
from tests.browser.watch import Watch

EMAILS = {each.role: each.email for each in DEMO_MEMBERS}
WAIT = 20_000  # ms: two cores, a web server, a worker and a browser


class Window:
    """Opens pages of a desk in fresh contexts, as a member or as nobody, and keeps watch over each."""

    def __init__(self, browser: Browser, states: dict[tuple[str, str], Any]) -> None:
        self.browser = browser
        self.states = states
        self.watches: dict[BrowserContext, Watch] = {}
        self._open: dict[tuple[object, ...], BrowserContext] = {}

    def open(
        self,
        desk: Desk,
        role: str = "",
        *,
        width: int = 1280,
        theme: str = "light",
        scripts: bool = True,
        again: bool = False,
    ) -> Page:
        """A page whose addresses are relative to the desk; `role` empty means signed out. With `again` it
        shares cookies and cache with the page before it that was opened the same way."""
        asked = (desk.url, role, width, theme, scripts)
        context = self._open.get(asked) if again else None
        if context is None:
            state = self._state(desk, role) if role else None
            context = self._context(desk, state, width=width, theme=theme, scripts=scripts)
            self._open[asked] = context
        return context.new_page()

    def watch(self, page: Page) -> Watch:
        return self.watches[page.context]

    def close(self) -> None:
        for context in self.watches:
            context.close()
        for watch in self.watches.values():
            watch.verdict()

    def _context(self, desk: Desk, state: Any, *, width: int, theme: str, scripts: bool) -> BrowserContext:
        context = self.browser.new_context(
            base_url=desk.url,
            storage_state=state,
            viewport={"width": width, "height": 844 if width < 720 else 800},
            color_scheme=theme,  # type: ignore[arg-type]
            java_script_enabled=scripts,
            locale="en-GB",
            timezone_id="Europe/London",
            reduced_motion="reduce",
        )
        context.set_default_timeout(WAIT)
        self.watches[context] = Watch(context)
        return context

    def _state(self, desk: Desk, role: str) -> Any:
        """The cookies of a member, got by signing in as a person does, once a desk and role."""
        if (desk.url, role) not in self.states:
            context = self._context(desk, None, width=1280, theme="light", scripts=True)
            page = context.new_page()
            sign_in(page, EMAILS[role])
            # Without the greeting that waits for the next page: it would stand in every test's first.
            context.clear_cookies(name="messages")
            self.states[desk.url, role] = context.storage_state()
        return self.states[desk.url, role]


def sign_in(page: Page, email: str, password: str = DEMO_PASSWORD) -> None:
    """Through the page, as a person does."""
    page.goto("/account/login/?next=/account/")
    page.locator("input[name=login]").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/account/login/" not in url)
