"""An evidence packet as a PDF: from a template and a style sheet of its own, and nothing from the network."""

from pathlib import Path
from urllib.parse import urlparse

from django.conf import settings
from django.template import Context, Engine
from weasyprint import CSS, HTML, default_url_fetcher
from weasyprint.text.fonts import FontConfiguration

from reports.documents.evidence import Packet

#: Documents are written in one notation, whoever makes them: an engine without the desk's tags and contexts.
WRITER = Engine(
    dirs=[str(Path(settings.BASE_DIR) / "templates")],
    libraries={"documents": "reports.documents.evidence_tags"},
)
LOOK = Path(settings.BASE_DIR) / "static" / "documents" / "evidence.css"


class NotOurs(ValueError):
    """The document asked for something that is not a file of ours."""


def as_pdf(packet: Packet) -> bytes:
    """The packet as PDF, the same for the same packet but for the dates inside the file."""
    known = Context({"packet": packet, "company": settings.COMPANY_NAME})
    page = WRITER.get_template("documents/evidence.html").render(known)
    fonts = FontConfiguration()
    look = CSS(filename=str(LOOK), font_config=fonts, url_fetcher=_fetch)
    made = HTML(string=page, base_url=str(LOOK.parent), url_fetcher=_fetch)
    return made.write_pdf(stylesheets=[look], font_config=fonts) or b""


def _fetch(url: str) -> object:
    """Only fonts beside the style sheet: what a customer is called must not make the desk fetch anything."""
    where = urlparse(url)
    if where.scheme != "file" or not Path(where.path).resolve().is_relative_to(LOOK.parent.parent):
        raise NotOurs(f"a document asks for {where.scheme}://{where.netloc}")
    return default_url_fetcher(url)
