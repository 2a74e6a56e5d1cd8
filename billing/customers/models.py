"""Who pays, and the one place where their personal data stands in the clear."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models.functions import Lower, Right

from billing.fields import AppendOnly, FromGateway, one_per_gateway_id
from billing.history.tracking import tracked


@tracked()
class Customer(FromGateway):
    """A payer. Names, addresses and tax numbers stand in `Identity`, nowhere else.

    ``external_id`` is what the host product calls its user; it is no personal data and never an address.
    """

    reference = models.CharField(max_length=24, unique=True)
    external_id = models.CharField(max_length=128, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    currency = models.CharField(max_length=3, blank=True, default="")
    locale = models.CharField(max_length=16, blank=True, default="")
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    created_at = models.DateTimeField()
    deleted_at_gateway_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_per_gateway_id("customer"),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=~models.Q(external_id=""),
                name="customer_is_one_per_user_of_the_host",
            ),
            models.CheckConstraint(
                condition=~models.Q(external_id__contains="@"), name="customer_external_id_is_no_address"
            ),
        ]
        indexes = [
            models.Index(models.F("created_at").desc(), models.F("id").desc(), name="customer_newest_first"),
            models.Index(
                "country", models.F("created_at").desc(), models.F("id").desc(), name="customer_by_country"
            ),
            models.Index(Right("reference", 8), name="customer_by_tail"),
            GinIndex("tags", name="customer_by_tag"),
        ]

    def __str__(self) -> str:
        return self.reference


class Identity(models.Model):
    """A customer's personal fields in the clear; erasure deletes this row and the key beside it."""

    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.PROTECT, related_name="identity"
    )
    name = models.CharField(max_length=200, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    line1 = models.CharField(max_length=200, blank=True, default="")
    line2 = models.CharField(max_length=200, blank=True, default="")
    city = models.CharField(max_length=120, blank=True, default="")
    region = models.CharField(max_length=120, blank=True, default="")
    postal_code = models.CharField(max_length=32, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    tax_id = models.CharField(max_length=40, blank=True, default="")
    search = models.GeneratedField(
        expression=SearchVector("name", "email", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        indexes = [
            GinIndex("search", name="identity_by_words"),
            models.Index(Lower("email"), "customer", name="identity_by_email"),
            models.Index(Lower("name"), "customer", name="identity_by_name"),
        ]

    def __str__(self) -> str:
        return self.name or self.customer.reference


class IdentityKey(models.Model):
    """The secret under which this customer's personal fields are hashed in history."""

    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.PROTECT, related_name="identity_key"
    )
    key = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"key of {self.customer_id}"


class CustomerNote(AppendOnly):
    """What a member of staff wrote about a customer, for the others."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="notes")
    body = models.TextField(max_length=10_000)
    author_ref = models.CharField(max_length=64)
    author_name = models.CharField(max_length=120)
    form_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("customer", models.F("created_at").desc(), name="note_of_customer")]

    def __str__(self) -> str:
        return f"note {self.pk} on {self.customer_id}"
