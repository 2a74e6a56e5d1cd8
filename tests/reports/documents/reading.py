"""Reading a PDF as its reader would: its text page by page, its fonts and what it says of itself."""

import re
import shutil
import subprocess
from decimal import Decimal

import pytest

needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler-utils is not installed")


def run(tool: str, pdf: bytes, *more: str) -> str:
    told = subprocess.run([tool, *more, "-", *(["-"] if tool == "pdftotext" else [])], input=pdf,
                          capture_output=True, check=True, timeout=60)  # fmt: skip
    return told.stdout.decode()


def text_of(pdf: bytes) -> str:
    """All words in reading order, each white space a blank."""
    return " ".join(run("pdftotext", pdf).split())


def pages_of(pdf: bytes) -> list[str]:
    return [page for page in run("pdftotext", pdf, "-layout").split("\f") if page.strip()]


def fonts_of(pdf: bytes) -> list[list[str]]:
    return [row.split() for row in run("pdffonts", pdf).splitlines()[2:]]


def minor(figure: str) -> int:
    """−1.284,30 or 1,284.30 as 128430: of a currency with two digits."""
    digits = re.sub(r"[^\d]", "", figure)
    return int(Decimal(digits)) * (-1 if "−" in figure else 1)
