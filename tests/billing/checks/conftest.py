"""One Halden for all the tests of a module; each test's corruption is taken back."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from billing.demo.returning import make_returns
from billing.demo.selling import make_purchases
from billing.demo.writing import write
from tests import bulk
from tests.billing.demo.halden import PEOPLE, small


@pytest.fixture(scope="module")
def halden(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        book = small()
        write(book)
        make_purchases(PEOPLE, now=book.now)
        make_returns(now=book.now)
        with connection.cursor() as cursor:  # what waits for a commit would keep tables from being altered
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        bulk.analyse_the_book()
        yield
        transaction.set_rollback(True)
