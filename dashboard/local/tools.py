"""Find uv, or install it below var/tools. Runs on the system's own Python, 3.9 or newer."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from dashboard.local.say import Stop, say

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "var" / "tools"
WANTED = "uv>=0.8,<1"


def find_uv() -> str:
    """The path of a uv that works; installed below var/tools when this machine has none."""
    for candidate in (
        shutil.which("uv"),
        str(TOOLS / "uv" / "bin" / "uv"),
        str(TOOLS / "venv" / "bin" / "uv"),
    ):
        if candidate and works(candidate):
            return candidate
    say("uv, which installs the packages, is not on this machine; putting it into var/tools …")
    TOOLS.mkdir(parents=True, exist_ok=True)
    for way in (by_pip, by_venv, by_fetched_pip):
        found = way()
        if found and works(found):
            return found
    raise Stop(
        "uv could not be installed with this Python; install it (https://docs.astral.sh/uv/, "
        "`brew install uv` on macOS, `pipx install uv` elsewhere) and run the command again."
    )


def works(program: str) -> bool:
    """Whether a program runs at all: a pyenv shim may be there and only complain."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:  # quiet: it does not run, which is the answer
        return False


def by_pip() -> str | None:
    """With the pip of this Python, into a directory of its own."""
    return _install([sys.executable, "-m", "pip"])


def by_venv() -> str | None:
    """With the pip that a fresh virtual environment brings along."""
    home = TOOLS / "venv"
    if not _quiet([sys.executable, "-m", "venv", "--clear", str(home)]):
        shutil.rmtree(home, ignore_errors=True)
        return None
    _quiet([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", WANTED])
    return str(home / "bin" / "uv")


def by_fetched_pip() -> str | None:
    """With a pip fetched from the package index: Debian's bare Python has neither pip nor venv."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    try:
        with urllib.request.urlopen(index, timeout=30) as page:  # noqa: S310 (the index is https or the user's own)
            links = re.findall(r'href="([^"]+-py3-none-any\.whl#sha256=[0-9a-f]{64})"', page.read().decode())
        if not links:
            return None
        address, fragment = urldefrag(urljoin(index, links[-1]))
        with urllib.request.urlopen(address, timeout=60) as file:  # noqa: S310
            wheel = file.read()
    except (urllib.error.URLError, OSError):  # quiet: the caller says what to install
        return None
    if hashlib.sha256(wheel).hexdigest() != fragment.split("=", 1)[1]:
        raise Stop("The pip that the package index sent is not the one it announced; try another network.")
    kept = TOOLS / address.rsplit("/", 1)[1]
    kept.write_bytes(wheel)
    return _install([sys.executable, str(kept / "pip")])


def _install(pip: list[str]) -> str | None:
    target = TOOLS / "uv"
    done = _quiet(
        [
            *pip,
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--upgrade",
            "--target",
            str(target),
            WANTED,
        ]
    )
    return str(target / "bin" / "uv") if done else None


def _quiet(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
