"""An evidence packet as a PDF: from a template and a style sheet of its own, and nothing from the network."""

from pathlib import Path

from django.conf import settings
from django.template import Context, Engine
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from reports.documents.evidence import Packet
from reports.documents.files import only_our_files

#: Documents are written in one notation, whoever makes them: an engine without the desk's tags and contexts.
WRITER = Engine(
    dirs=[str(Path(settings.BASE_DIR) / "templates")],
    libraries={"documents": "reports.documents.evidence_tags"},
)
LOOK = Path(settings.BASE_DIR) / "static" / "documents" / "evidence.css"


def as_pdf(packet: Packet) -> bytes:
    """The packet as PDF, the same for the same packet but for the dates inside the file."""
    known = Context({"packet": packet, "company": settings.COMPANY_NAME})
    page = WRITER.get_template("documents/evidence.html").render(known)
    fonts = FontConfiguration()
    look = CSS(filename=str(LOOK), font_config=fonts, url_fetcher=only_our_files)
    made = HTML(string=page, base_url=str(LOOK.parent), url_fetcher=only_our_files)
    return made.write_pdf(stylesheets=[look], font_config=fonts) or b""
