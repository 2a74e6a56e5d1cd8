"""Column types and mixins that every floor of the domain shares."""

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import Expression, Func, Lookup


class TransactionIdField(models.BigIntegerField):
    """The id of the transaction that wrote the row (PostgreSQL's 64-bit ``xid8``).

    Rollups and seals read rows in the order of this id, below the oldest transaction still running,
    and so never skip a row that commits late.
    """

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def rel_db_type(self, connection: Any) -> str:
        return "xid8"

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else str(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return self.get_prep_value(value)  # as a word: there is no cast from a number to xid8

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)


class CurrentTransactionId(Func):
    function = "pg_current_xact_id"
    template = "%(function)s()"
    output_field = TransactionIdField()


class AppendOnly(models.Model):
    """A table that only ever grows: the application's role may read and insert, nothing else."""

    class Meta:
        abstract = True


class FromGateway(models.Model):
    """A record that may also exist at a gateway.

    ``gateway_as_of`` is the moment for which the gateway vouched for what is stored here; a message
    about an earlier moment never overwrites it.
    """

    gateway = models.CharField(max_length=16, blank=True, default="")
    gateway_id = models.CharField(max_length=255, blank=True, default="")
    gateway_as_of = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def one_per_gateway_id(noun: str) -> models.UniqueConstraint:
    """The constraint that keeps one of our rows for each object of a gateway's."""
    return models.UniqueConstraint(
        fields=["gateway", "gateway_id"],
        condition=~models.Q(gateway_id=""),
        name=f"{noun}_is_known_once_per_gateway",
    )


def currency_field() -> models.CharField:
    return models.CharField(max_length=3)


def currency_is_iso(noun: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name=f"{noun}_currency_is_three_capitals"
    )


class AnyOf(Lookup):
    """``AnyOf(F("customer_id"), ids)``: the column is one of many values, handed over as one array.

    A thousand parameters, as ``__in`` sends them, cost more than the query itself.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def __init__(self, column: Expression | models.F, values: Collection[Any]) -> None:
        super().__init__(column, list(values))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*parameters, self.rhs]
