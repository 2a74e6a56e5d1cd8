"""Light and dark: the system's, until somebody chooses; then the server writes it into the page."""

import re

from playwright.sync_api import Page, expect

LIGHT, DARK = "rgb(255, 255, 255)", "rgb(22, 23, 26)"


def ground(page: Page) -> str:
    return page.locator("main").evaluate(
        """(element) => {
          for (let each = element; each; each = each.parentElement) {
            const colour = getComputedStyle(each).backgroundColor;
            if (colour !== "rgba(0, 0, 0, 0)") return colour;
          }
        }"""
    )


def test_the_system_decides_until_somebody_chooses(page_as) -> None:
    for theme, colour in (("light", LIGHT), ("dark", DARK)):
        page = page_as("auditor", theme=theme)
        page.goto("/payments/")
        expect(page.locator("main")).to_be_visible()
        assert ground(page) == colour


def test_a_choice_holds_on_the_next_page_from_its_first_byte(page_as) -> None:
    page = page_as("auditor", theme="light")
    page.goto("/payments/")
    button = page.get_by_role("button", name=re.compile("Theme"))
    try:
        for expected in ("light", "dark"):
            with page.expect_response("**/desk/theme/"):
                button.click()
            expect(page.locator("html")).to_have_attribute("data-bs-theme", expected)
        assert ground(page) == DARK
        answer = page.goto("/refunds/")
        assert answer is not None
        # Written by the server and known to the browser before any script or style: nothing can flash.
        assert 'data-bs-theme="dark"' in answer.text()[:200]
        assert '<meta name="color-scheme" content="dark">' in answer.text()
        assert ground(page) == DARK
    finally:
        with page.expect_response("**/desk/theme/"):
            page.get_by_role("button", name=re.compile("Theme")).click()
    expect(page.locator("html")).not_to_have_attribute("data-bs-theme", re.compile("."))


def test_a_choice_is_made_without_javascript_too(page_as) -> None:
    page = page_as("auditor", scripts=False)
    page.goto("/payments/")
    html = page.locator("html")
    for expected in ("light", "dark"):
        page.get_by_role("button", name=re.compile("Theme")).click()
        expect(html).to_have_attribute("data-bs-theme", expected)
        expect(page).to_have_url(re.compile("/payments/$"))
    page.get_by_role("button", name=re.compile("Theme")).click()
    expect(html).not_to_have_attribute("data-bs-theme", re.compile("."))
    expect(page).to_have_url(re.compile("/payments/$"))
