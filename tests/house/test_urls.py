"""Every address says who may use it, and holds everybody else off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from dashboard.access import ROLES, Access
from dashboard.access.thirdparty import THIRD_PARTY
from tests.dashboard.people import member_in

SAMPLES = {
    "int": "987654321",
    "str": "nobody",
    "slug": "nobody",
    "path": "nobody",
    "uuid": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
}
REGEX_SAMPLES = {
    "account_confirm_email": "confirm-email/no-key/",
    "account_reset_password_from_key": "password/reset/key/1-no-key/",
}


def walk(patterns: Any, prefix: str = "", space: str = "") -> Iterator[tuple[str, str, Any]]:
    """(name, address with sample values, view) of everything that can be reached."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from walk(pattern.url_patterns, prefix + sample(pattern), inner)
        else:
            yield f"{space}{pattern.name}", "/" + prefix + sample(pattern), pattern.callback


def sample(pattern: URLPattern | URLResolver) -> str:
    name = getattr(pattern, "name", None)
    if name in REGEX_SAMPLES:
        return REGEX_SAMPLES[name]
    route = str(pattern.pattern)
    for parameter, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        value = SAMPLES.get(kind) or SAMPLES["str"]
        route = route.replace(f"<{parameter}>", value)
        for word in ("int", "str", "slug", "path", "uuid", kind):
            route = route.replace(f"<{word}:{parameter}>", value)
    return route


ADDRESSES = list(walk(get_resolver().url_patterns))


def test_every_address_declares_who_may_use_it() -> None:
    undeclared = [f"{address} ({name})" for name, address, view in ADDRESSES if not hasattr(view, "access")]
    assert not undeclared, "say who may use: " + ", ".join(undeclared)


def test_no_folder_with_screens_is_left_out() -> None:
    import dashboard.urls as site

    folders = {path.parent.name for path in Path(site.__file__).parent.glob("*/urls.py")}
    listed = {folder for folder, _ in site.NOUNS}
    assert folders - listed == set()
    assert {folder for folder in folders if not site.built(folder)} == set()


def test_the_walk_sees_an_undeclared_view(rf: Any) -> None:
    from django.urls import path

    found = list(walk([path("secret/", lambda request: None, name="secret")]))
    assert [(name, hasattr(view, "access")) for name, _, view in found] == [("secret", False)]


def test_public_addresses_say_why() -> None:
    silent = [name for name, _, view in ADDRESSES if view.access.kind == "public" and not view.access.reason]
    assert not silent


def test_the_table_of_third_party_pages_names_only_pages_that_exist() -> None:
    assert set(THIRD_PARTY) <= {name for name, _, _ in ADDRESSES}


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, *(role.name for role in ROLES)])
def test_each_address_answers_each_role_as_declared(role: str | None) -> None:
    client = Client(raise_request_exception=False)
    if role:
        client.force_login(member_in(role))
    wrong = []
    for name, address, view in ADDRESSES:
        # Signing out, or a sign-in that is already done, would end the session under test.
        if name == "account_logout":
            continue
        access: Access = view.access
        response = client.get(address)
        if response.status_code == 405:
            response = client.post(address)
        if trouble := judge(access, role, response):
            wrong.append(f"{address} ({name}): {trouble}")
    assert not wrong, "\n".join(wrong)


def judge(access: Access, role: str | None, response: Any) -> str:
    """A sentence when the answer is not what the declaration promises."""
    status = response.status_code
    gate = status == 302 and response.headers["Location"].startswith("/account/login/")
    if status >= 500 and status != 503:
        return f"answers {status}"
    if access.kind == "api_key":
        return "" if status == 401 else f"answers {status} without a key"
    if role is None and access.kind != "public":
        return "" if gate else f"lets somebody unknown in with {status}"
    if access.allows_role(role):
        return f"refuses {role} with {status}" if status == 403 or (gate and role) else ""
    return "" if status == 403 else f"lets {role} in with {status}"
