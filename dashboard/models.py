"""The index of the site's models; each is defined in its own folder."""

from dashboard.lists.models import SavedView
from dashboard.staff.models import Member
from dashboard.queues.models import WorkItem

__all__ = ["Member", "SavedView", "WorkItem"]
