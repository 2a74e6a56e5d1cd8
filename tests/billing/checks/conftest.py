"""One Halden for all the tests of a module; each test's corruption is taken back."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from billing.demo.writing import write
from tests.billing.demo.halden import small


@pytest.fixture(scope="module")
def halden(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        write(small())
        yield
        transaction.set_rollback(True)
