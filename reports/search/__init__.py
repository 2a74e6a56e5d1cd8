"""Find anything at the desk."""

from reports.search.find import find
from reports.search.hits import Group, Hit

__all__ = ["Group", "Hit", "find"]
