"""The index of the site's models; each is defined in its own folder."""

from dashboard.staff.models import Member

__all__ = ["Member"]
