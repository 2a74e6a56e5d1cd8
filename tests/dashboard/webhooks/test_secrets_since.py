"""How old the secrets of endpoints are, as the environment tells."""

from datetime import date

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.environment import Reader
from dashboard.webhooks.environment import read_secrets_since


def test_each_endpoint_has_its_day() -> None:
    told = Reader({"WEBHOOK_SECRETS_SINCE": "stripe=2026-08-01, stripe/eu-live=2026-10-15"})
    assert read_secrets_since(told) == {
        ("stripe", ""): date(2026, 8, 1),
        ("stripe", "eu-live"): date(2026, 10, 15),
    }
    assert read_secrets_since(Reader({})) == {}


@pytest.mark.parametrize(
    "word", ["stripe", "stripe=", "stripe=2026-13-01", "adyen=2026-08-01", "=2026-08-01"]
)
def test_what_cannot_be_read_is_refused_with_the_remedy(word: str) -> None:
    reader = Reader({"WEBHOOK_SECRETS_SINCE": word})
    read_secrets_since(reader)
    with pytest.raises(ImproperlyConfigured, match="WEBHOOK_SECRETS_SINCE must be endpoints with a day each"):
        reader.finish()
