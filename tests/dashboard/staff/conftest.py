from collections.abc import Iterator

import pytest
from django.core.cache import cache

from dashboard.staff.models import Member
from tests.dashboard.people import member_in


@pytest.fixture(autouse=True)
def forgotten_tries(db: None) -> Iterator[None]:
    """Tries to sign in are counted in the cache: each test begins with none."""
    cache.clear()
    yield


@pytest.fixture
def tove(db: None) -> Member:
    return member_in("admin")


@pytest.fixture
def jude(db: None) -> Member:
    return member_in("support")
