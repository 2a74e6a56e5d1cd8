"""The index of the site's models; each is defined in its own folder."""

from dashboard.lists.models import SavedView
from dashboard.queues.models import WorkItem
from dashboard.staff.models import Member

__all__ = ["Member", "SavedView", "WorkItem"]
