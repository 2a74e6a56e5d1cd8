"""Long work that people watch: an import, a bulk action."""

from django.db import models
from django.db.models import F, Q


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"


class Run(models.Model):
    """One long piece of work, with how far it is. ``cursor`` is where it goes on after a kill."""

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=160)
    state = models.CharField(max_length=12, choices=RunState, default=RunState.QUEUED)
    total = models.PositiveIntegerField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=80, blank=True, default="")
    asked = models.JSONField(default=dict, blank=True)
    cursor = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    message = models.CharField(max_length=500, blank=True, default="")
    form_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    started_by_ref = models.CharField(max_length=64)
    started_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index("kind", F("created_at").desc(), F("id").desc(), name="run_newest_first")]

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"


class RunRow(models.Model):
    """What a run did to one row."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="rows", db_index=False)
    subject_kind = models.CharField(max_length=24)
    subject_id = models.BigIntegerField()
    label = models.CharField(max_length=160)
    ok = models.BooleanField(null=True)
    message = models.CharField(max_length=500, blank=True, default="")
    url = models.CharField(max_length=300, blank=True, default="")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "subject_kind", "subject_id"], name="run_has_a_row_once")
        ]
        indexes = [
            models.Index("run", "id", name="rows_of_run"),
            models.Index("run", "id", condition=Q(ok=False), name="failed_rows_of_run"),
        ]

    def __str__(self) -> str:
        return self.label


class RunFile(models.Model):
    """What a row of a run has made, kept for whoever started it until `files.drop_old` takes it away."""

    row = models.OneToOneField(RunRow, on_delete=models.CASCADE, related_name="file")
    name = models.CharField(max_length=120)
    content = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("made_at", name="run_files_by_age")]

    def __str__(self) -> str:
        return self.name
