"""The pictures are taken once in a while: that they can be is seen at every change."""

import pytest
from django.db import connection

from tests.browser.screens import SCREENS

ASKED = sorted({screen.args for screen in SCREENS if screen.args})


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ASKED)
def test_what_a_picture_shows_is_asked_for_in_columns_that_exist(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + statement.replace("%", "%%"))
        assert cursor.fetchall()
