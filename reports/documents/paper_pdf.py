"""A paper as a PDF: from a template and a style sheet of its own, with nothing from the network."""

from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from reports.documents.evidence_pdf import _fetch as only_our_files
from reports.documents.paper import Paper

LOOK = Path(settings.BASE_DIR) / "static" / "documents" / "paper.css"


def paper_as_pdf(paper: Paper) -> bytes:
    """The paper as PDF, A4, with the company's name of the settings at its head."""
    page = render_to_string("documents/paper.html", {"paper": paper, "company": settings.COMPANY_NAME})
    fonts = FontConfiguration()
    look = CSS(filename=str(LOOK), font_config=fonts, url_fetcher=only_our_files)
    made = HTML(string=page, base_url=str(LOOK.parent), url_fetcher=only_our_files)
    return made.write_pdf(stylesheets=[look], font_config=fonts) or b""
