from typing import Any

import pytest
from django.test import Client

from tests import make


@pytest.fixture
def jude(db: None) -> Any:
    return make.member("support", display_name="Jude Okafor", time_zone="Europe/Berlin")


@pytest.fixture
def ines(db: None) -> Any:
    return make.member("finance", display_name="Ines Marchetti")


@pytest.fixture
def desk(jude: Any) -> Client:
    client = Client()
    client.force_login(jude)
    return client
