from typing import Any

import pytest
from django.test import Client

from billing.models import Customer
from tests import make


@pytest.fixture
def jude(db: None) -> Any:
    return make.member("support", display_name="Jude Okafor")


@pytest.fixture
def desk(jude: Any) -> Client:
    client = Client()
    client.force_login(jude)
    return client


@pytest.fixture
def auditor(db: None) -> Client:
    client = Client()
    client.force_login(make.member("auditor", display_name="Ruth Adeyemi"))
    return client


@pytest.fixture
def customer(db: None) -> Customer:
    return make.customer()
