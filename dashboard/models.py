"""The index of the site's models; each is defined in its own folder."""

from dashboard.api.models import ApiCalls, ApiKey
from dashboard.lists.models import SavedView
from dashboard.queues.models import WorkItem
from dashboard.staff.models import Member

__all__ = ["ApiCalls", "ApiKey", "Member", "SavedView", "WorkItem"]
