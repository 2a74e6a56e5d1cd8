"""What a document may read: fonts and pictures beside the style sheets, and nothing from the network."""

from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from django.conf import settings
from weasyprint.urls import URLFetcher

__all__ = ["NotOurs", "only_our_files"]

ROOT = Path(settings.BASE_DIR) / "static"


class NotOurs(ValueError):
    """The document asked for something that is not a file of ours."""


class OurFiles(URLFetcher):
    """Only files of ours: what a customer is called must not make the desk fetch anything."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        where = urlparse(url)
        if where.scheme != "file" or not Path(where.path).resolve().is_relative_to(ROOT):
            raise NotOurs(f"a document asks for {where.scheme}://{where.netloc}")
        return super().fetch(url, headers)


only_our_files = OurFiles(allowed_protocols=("file",), allow_redirects=False)
