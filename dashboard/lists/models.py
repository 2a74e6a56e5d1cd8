"""Views of lists that people saved under a name."""

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """The state of a list under a name: its owner's own, or shared with everybody of a role."""

    screen = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    shared_with = models.CharField(max_length=40, blank=True, default="")
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "screen", "name"], name="saved_view_has_its_own_name")
        ]
        indexes = [models.Index("screen", "shared_with", name="saved_view_by_role")]

    def __str__(self) -> str:
        return self.name

    @property
    def view_name(self) -> str:
        """How the URL names it."""
        return f"saved-{self.pk}"
