"""Find a Chromium for the browser tests and pictures, or get one.

    python -m dashboard.local.browser        prints the path, installing a browser when none is there

Looked for in this order: $CHROMIUM, a Chromium or Chrome of the system, Playwright's own. Missing: Debian's
package when root on Debian, else Playwright's download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from dashboard.local.say import Stop, complain, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PACKAGES = ("chromium", "fonts-noto-core", "fonts-noto-cjk")


def find() -> str | None:
    """The path of a browser on this machine; raises Stop when $CHROMIUM names none."""
    named = os.environ.get("CHROMIUM", "").strip()
    if named:
        path = shutil.which(named)
        if path is None:
            raise Stop(
                f"CHROMIUM is {named!r}, which is no program; give the path of a Chromium, or unset it."
            )
        return path
    for name in (*NAMES, *APPLICATIONS):
        path = shutil.which(name)
        if path:
            return path
    return shutil.which(_of_playwright())


def ensure() -> str:
    """The path of a browser, installed when there was none."""
    found = find()
    if found:
        return found
    if os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get"):
        say("No Chromium on this machine; installing Debian's …")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, stdout=subprocess.DEVNULL, check=False)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
        subprocess.run(install, env=quiet, stdout=subprocess.DEVNULL, check=False)
        found = find()
    if not found:
        say("No Chromium on this machine; fetching Playwright's …")
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
        found = find()
    if not found:
        raise Stop(
            "The browser tests need a Chromium and none could be installed; install Chromium or Chrome, "
            "or give the path of one with CHROMIUM."
        )
    return found


def _of_playwright() -> str:
    """Where Playwright keeps the browser it would download."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return ""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


if __name__ == "__main__":
    try:
        say(ensure())
    except Stop as reason:
        complain(str(reason))
        sys.exit(1)
