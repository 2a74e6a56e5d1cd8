from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from tests import make

BERLIN = "Europe/Berlin"


@pytest.fixture(autouse=True)
def the_day_is_judes() -> Iterator[None]:
    """Late in the evening of UTC Berlin has tomorrow already: what a test calls today is Jude's today."""
    with timezone.override(ZoneInfo(BERLIN)):
        yield


@pytest.fixture
def jude(db: None) -> Any:
    return make.member("support", display_name="Jude Okafor", time_zone=BERLIN)


@pytest.fixture
def ines(db: None) -> Any:
    return make.member("finance", display_name="Ines Marchetti")


@pytest.fixture
def desk(jude: Any) -> Client:
    client = Client()
    client.force_login(jude)
    return client
