"""Whether this machine can make PDF documents: WeasyPrint draws with the system's Pango."""

from __future__ import annotations

import ctypes.util
import sys
from pathlib import Path

# The names under which WeasyPrint itself looks for it.
NAMES = ("pango-1.0-0", "pango-1.0")
FILES = ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0.0.dylib")
HOMEBREW = (Path("/opt/homebrew/lib"), Path("/usr/local/lib"))


def missing_library() -> str:
    """One sentence naming the package to install, or nothing when PDFs can be made."""
    if any(ctypes.util.find_library(name) for name in NAMES) or any(map(_loads, FILES)):
        return ""
    if sys.platform == "darwin":
        if any((place / file).exists() for place in HOMEBREW for file in FILES):
            return (
                "Pango is installed but not found; PDF documents need "
                "`export DYLD_FALLBACK_LIBRARY_PATH=$(brew --prefix)/lib`. Everything else works without."
            )
        remedy = "brew install pango"
    else:
        remedy = (
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0` (or `dnf install pango"
        )
    return f"PDF documents need the Pango library: `{remedy}`. Everything else works without."


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:  # quiet: not there is the answer
        return False
    return True
