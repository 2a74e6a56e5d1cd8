"""The door of the desk."""

from playwright.sync_api import expect


def test_everybody_signs_in_and_out(page_as, axe):
    page = page_as()
    page.goto("/account/login/")
    axe(page)
    page = page_as("support")
    page.goto("/account/")
    expect(page.get_by_text("Jude Okafor").first).to_be_visible()
    axe(page)
