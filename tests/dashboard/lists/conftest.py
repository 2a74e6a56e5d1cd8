from typing import Any

import pytest
from django.test import Client

from tests import make

PART = {"HX-Request": "true", "HX-Target": "list-part"}


@pytest.fixture
def finance(db: None) -> Any:
    return make.member("finance", display_name="Ines Marchetti")


@pytest.fixture
def desk(finance: Any) -> Client:
    client = Client()
    client.force_login(finance)
    return client
