"""What was asked and what was told: checks of VAT numbers, and pieces that say where a customer is."""

from django.db import models
from django.db.models import F

from billing.customers.models import Customer
from billing.fields import AppendOnly


class VatAnswer(models.TextChoices):
    VALID = "valid", "Valid"
    INVALID = "invalid", "Not valid"
    UNKNOWN = "unknown", "Could not be asked"


class VatCheck(AppendOnly):
    """One answer about a VAT number, kept: the newest counts, and each proves that it was asked then.

    The number itself stands in the customer's identity only; here is a keyed hash of it. ``consultation`` is
    the register's own number of the inquiry.
    """

    country = models.CharField(max_length=2)
    number_hash = models.CharField(max_length=64)
    answer = models.CharField(max_length=8, choices=VatAnswer)
    source = models.CharField(max_length=16)
    consultation = models.CharField(max_length=64, blank=True, default="")
    checked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("number_hash", F("checked_at").desc(), name="vat_check_of_number")]

    def __str__(self) -> str:
        return f"{self.country} {self.answer}"


class EvidenceKind(models.TextChoices):
    BILLING_ADDRESS = "billing_address", "Billing address"
    CARD = "card", "Country of the card's issuer"
    BANK = "bank", "Country of the bank account"
    IP_ADDRESS = "ip_address", "Country of the internet address"
    PHONE = "phone", "Country of the phone number"
    DECLARED = "declared", "Told by the customer"


class LocationEvidence(AppendOnly):
    """One piece that says in which country a customer is. Never the address or number that says it."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="location_evidence")
    kind = models.CharField(max_length=16, choices=EvidenceKind)
    country = models.CharField(max_length=2)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind", "seen_at"], name="evidence_is_kept_once"),
            models.CheckConstraint(
                condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="evidence_names_a_country"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.country}"
