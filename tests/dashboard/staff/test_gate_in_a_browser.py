"""The gate in a real browser: a passkey is added and signs in; nothing on the pages fails axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.dashboard.people import PASSWORD, member_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
PAGES = [
    "/account/", "/account/password/change/", "/account/2fa/", "/account/sessions/", "/staff/",
    "/staff/new/", "/health/details/",
]  # fmt: skip


def sign_in(page, server: str, email: str, to: str = "/account/") -> None:
    page.goto(f"{server}/account/login/?next={to}")
    page.fill("#id_login", email)
    page.fill("#id_password", PASSWORD)
    page.click("text=Sign in >> nth=-1")
    page.wait_for_load_state()


def faults(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]


def at_localhost(url: str) -> str:
    """Passkeys belong to a name: a browser gives none to an address in figures."""
    return url.replace("127.0.0.1", "localhost")


def test_a_passkey_is_added_and_signs_in_without_a_password(live_server, browser) -> None:
    ruth = member_in("auditor")
    server = at_localhost(live_server.url)
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    sign_in(page, server, ruth.email, "/account/2fa/webauthn/add/")
    page.fill("#id_password", PASSWORD)
    page.click("text=Confirm >> nth=-1")
    page.check("input[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/**")
    context.clear_cookies()
    page.goto(f"{server}/account/login/?next=/account/")
    page.click("#passkey_login")
    page.wait_for_url(f"{server}/account/")
    assert page.locator("h1").inner_text() == "Your account"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_fails_axe_and_the_policy_stays_quiet(live_server, browser, scheme: str) -> None:
    tove = member_in("admin")
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_server.url}/account/login/")
    sign_in(page, live_server.url, tove.email)
    for path in PAGES:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
    assert said == []
    found = []
    for path in [*PAGES, "/account/logout/"]:
        page.goto(live_server.url + path)
        found += faults(page)
    context.clear_cookies()
    for path in ("/account/login/", "/account/password/reset/", "/account/signup/"):
        page.goto(live_server.url + path)
        found += faults(page)
    context.close()
    assert found == []
