"""axe-core over a page: no violation of WCAG 2.2 AA, in light and in dark."""

from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    "preload": False,  # axe would fetch the stylesheets again and parse them where the policy forbids it
}


@cache
def source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """A sentence and the first places of each violation on the page as it stands."""
    # Evaluated, not inserted: the content security policy stays as it is.
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(source() + "\n;undefined")
    found: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", OPTIONS)
    return [
        f"{each['id']} ({each['impact']}): {each['help']}\n"
        + "\n".join(f"    {node['target']} {node['html'][:160]} {_why(node)}" for node in each["nodes"][:4])
        for each in found["violations"]
    ]


def _why(node: dict[str, Any]) -> str:
    return " ".join(check["message"] for check in node["any"][:1])


def assert_clean(page: Page) -> None:
    """Nothing to complain of, neither in light nor in dark."""
    told = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        told += [f"[{scheme}] {each}" for each in violations(page)]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert not told, f"axe on {page.url}:\n" + "\n".join(told)
