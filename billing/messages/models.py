"""What was written to customers, the words in a table that erasure can clear, and the templates."""

from django.db import models
from django.db.models import F, Q

from billing.customers.models import Customer
from billing.fields import AppendOnly
from billing.history.tracking import tracked
from billing.messages import rules


class MessageState(models.TextChoices):
    WAITING = "waiting", "Waits for a decision"
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Not sent"


class MessageTemplate(AppendOnly):
    """One version of a template. An edit adds the next; before the first the
    shipped text holds, as version 0."""

    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=rules.LONGEST_SUBJECT)
    body = models.TextField(max_length=rules.LONGEST_BODY)
    reason = models.CharField(max_length=rules.LONGEST_REASON)
    author_ref = models.CharField(max_length=64)
    author_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "language", "version"], name="message_template_version_is_written_once"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="message_template_counts_from_one"),
            models.CheckConstraint(
                condition=Q(reason__gt="", author_name__gt=""), name="message_template_says_who_and_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.language} {self.version}"


@tracked(exclude=["reason", "failure"])
class Message(models.Model):
    """One message to one customer. Its words and the address stand in `MessageText`, nowhere else.

    ``cause`` says what it is about and is unique: however often a webhook or a job comes, one cause is
    written about once. ``language`` and ``version`` name the template that was used (0: as shipped).
    ``why_not`` says why one that is canceled was not sent, ``failure`` what the mail server said, without the
    address.
    """

    reference = models.CharField(max_length=24, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="messages", db_index=False)
    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    version = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, choices=MessageState)
    cause = models.CharField(max_length=160, unique=True)
    subject_kind = models.CharField(max_length=24, blank=True, default="")
    subject_id = models.BigIntegerField(null=True, blank=True)
    subject_label = models.CharField(max_length=64, blank=True, default="")
    resend_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="resends", db_index=False
    )
    reason = models.CharField(max_length=rules.LONGEST_REASON, blank=True, default="")
    why_not = models.CharField(max_length=200, blank=True, default="")
    failure = models.CharField(max_length=300, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_by_ref = models.CharField(max_length=64)
    asked_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="message_sent_says_when"
            ),
            models.CheckConstraint(
                condition=~Q(state="canceled") | Q(why_not__gt=""), name="message_not_sent_says_why"
            ),
            models.CheckConstraint(
                condition=Q(resend_of=None) | Q(reason__gt=""), name="message_sent_again_says_why"
            ),
            models.CheckConstraint(
                condition=Q(reference__regex=r"^MSG-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{8}$"),
                name="message_reference_has_its_shape",
            ),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="message_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="message_by_state"),
            models.Index("kind", F("created_at").desc(), F("id").desc(), name="message_by_kind"),
            models.Index("customer", F("created_at").desc(), F("id").desc(), name="message_of_customer"),
            models.Index("subject_kind", "subject_id", name="message_about"),
            models.Index("resend_of", name="message_resends", condition=Q(resend_of__isnull=False)),
            models.Index("sending_at", name="message_under_way", condition=Q(state="sending")),
        ]

    def __str__(self) -> str:
        return self.reference


class MessageText(models.Model):
    """The words of a message and where it goes: personal data, never edited. Erasure deletes this row, and
    the message stays."""

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.PROTECT, related_name="text")
    address = models.CharField(max_length=254, blank=True, default="")
    subject = models.CharField(max_length=rules.LONGEST_SENT_SUBJECT)
    body = models.TextField(max_length=20_000)

    def __str__(self) -> str:
        return f"text of {self.message_id}"
