"""Columns that hold no secret: redacted when they are written, and again whenever they are read.

In the database they are what Django's own fields are, so that a migration knows no difference.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models

from billing.redaction.text import redact_text
from billing.redaction.values import redact


class RedactedChar(models.CharField):
    """A short text for people: errors, reasons. What was stored before a rule was there is read by it too."""

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return redact_text(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        found = super().get_prep_value(value)
        return redact_text(found)[: self.max_length] if isinstance(found, str) else found

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class RedactedJSON(models.JSONField):
    """A document of somebody else's."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return redact(super().from_db_value(value, expression, connection), by_name=False)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
