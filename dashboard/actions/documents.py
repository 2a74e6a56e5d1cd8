"""Answering with a document."""

from django.http import HttpResponse

from reports.documents.paper import Paper
from reports.documents.paper_pdf import file_name, paper_as_pdf

__all__ = ["as_answer"]


def as_answer(paper: Paper) -> HttpResponse:
    """The paper as a PDF that the browser shows, under its number when it is saved; kept nowhere between."""
    response = HttpResponse(paper_as_pdf(paper), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{file_name(paper)}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response
