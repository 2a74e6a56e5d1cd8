"""A paper as a PDF: from a template and a style sheet of its own, with nothing from the network.

Made on demand, one at a time in a process: what costs is Python, which threads would only share. Fonts and
the style sheet are read once and kept.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import pydyf
from django.conf import settings
from django.template import Context, Engine
from weasyprint import CSS, HTML
from weasyprint.document import Document
from weasyprint.text.fonts import FontConfiguration

from billing.errors import Conflict
from reports.documents.files import only_our_files
from reports.documents.paper import Paper

__all__ = ["file_name", "paper_as_pdf"]

ROOT = Path(settings.BASE_DIR)
LOOK = ROOT / "static" / "documents" / "paper.css"
WRITER = Engine(dirs=[str(ROOT / "templates")])
#: How long a request waits for the ones before it.
PATIENCE = 20.0
ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class Look:
    fonts: FontConfiguration
    sheet: CSS


@cache
def _look() -> Look:
    fonts = FontConfiguration()
    return Look(fonts, CSS(filename=str(LOOK), font_config=fonts, url_fetcher=only_our_files))


def paper_as_pdf(paper: Paper) -> bytes:
    """The paper as PDF, A4, tagged, its fonts in it; the same bytes for the same paper.

    Raises `Conflict` when so many are being made that this one would keep its reader waiting.
    """
    page = WRITER.get_template("documents/paper.html").render(Context({"paper": paper}))
    if not ONE_AT_A_TIME.acquire(timeout=PATIENCE):
        raise Conflict(
            "documents_busy",
            "Many documents are being made right now. Try again in a minute.",
            retry_helps=True,
        )
    try:
        look = _look()
        made = HTML(string=page, base_url=str(LOOK.parent), url_fetcher=only_our_files)
        return (
            made.write_pdf(stylesheets=[look.sheet], font_config=look.fonts, pdf_tags=True, finisher=_number)
            or b""
        )
    finally:
        ONE_AT_A_TIME.release()


def _number(document: Document, pdf: pydyf.PDF) -> None:
    """Names the parts of the structure by their order; WeasyPrint names them by their place in memory."""
    found: dict[bytes, pydyf.String] = {}
    for part in pdf.objects:
        if isinstance(part, pydyf.Dictionary) and isinstance(part.get("ID"), pydyf.String):
            part["ID"] = found.setdefault(part["ID"].data, pydyf.String(f"part-{len(found)}"))
    for part in pdf.objects:
        headers = _headers(part)
        for place, each in enumerate(headers):
            headers[place] = found.get(each.data, each) if isinstance(each, pydyf.String) else each


def _headers(part: Any) -> list[Any]:
    """The cells that head a cell of a table."""
    told = part.get("A") if isinstance(part, pydyf.Dictionary) else None
    of = told if isinstance(told, pydyf.Dictionary) else {}
    return next((value for key, value in of.items() if str(key).endswith("Headers")), [])


def file_name(paper: Paper) -> str:
    """What the file is called where it is saved: the number, without what file systems do not take."""
    return "".join(
        char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in paper.number
    )
