"""The horizon of the tests' own database: others on the same server hold the server's back."""

import pytest

from tests.billing.audit.trail import horizon_of_this_database


@pytest.fixture
def alone_on_the_server(monkeypatch) -> None:
    monkeypatch.setattr("billing.audit.services.horizon", horizon_of_this_database)
