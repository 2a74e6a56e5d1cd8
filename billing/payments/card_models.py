"""Pages on which a customer leaves a card to be charged later."""

from django.db import models
from django.db.models import F, Q

from billing.customers.models import Customer
from billing.history.tracking import tracked
from billing.payments.models import PaymentMethod


@tracked(exclude=["token_hash"])
class CardLink(models.Model):
    """Leads whoever holds its address to a gateway's page that takes a card, once, until it expires.

    Of the address a hash alone is kept. ``asked_for`` is the card for which a new one was asked. ``gateway``
    is decided when somebody follows it; ``checkout_id`` is then its page, the newest of ``pages``, open until
    ``checkout_until``. ``kept`` is the card that was left, when the gateway's verified word of it came.
    """

    reference = models.CharField(max_length=24, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="card_links")
    asked_for = models.ForeignKey(
        PaymentMethod, null=True, blank=True, on_delete=models.SET_NULL, related_name="asked_by"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    made_by_ref = models.CharField(max_length=64)
    made_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    gateway = models.CharField(max_length=16, blank=True, default="")
    pages = models.PositiveSmallIntegerField(default=0)
    checkout_id = models.CharField(max_length=255, blank=True, default="")
    checkout_until = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    kept = models.ForeignKey(
        PaymentMethod, null=True, blank=True, on_delete=models.PROTECT, related_name="left_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="card_link_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, kept__isnull=True)
                | Q(used_at__isnull=False, kept__isnull=False, gateway__gt=""),
                name="card_link_is_used_when_a_card_was_left",
            ),
        ]
        indexes = [
            models.Index("customer", F("created_at").desc(), name="card_link_of_customer"),
            models.Index(
                "checkout_until",
                "id",
                condition=Q(used_at__isnull=True) & ~Q(checkout_id=""),
                name="card_link_to_look_up",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
