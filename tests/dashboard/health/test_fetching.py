"""A list that would ask for each row's customer is found out, even when the table swallows the error."""

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import FieldFetchBlocked

from dashboard.fetching import FETCH_RECORDED, take_blocked

pytestmark = pytest.mark.django_db


def test_what_was_not_selected_is_recorded_and_refused() -> None:
    take_blocked()
    permission = Permission.objects.fetch_mode(FETCH_RECORDED).first()
    with pytest.raises(FieldFetchBlocked):
        _ = permission.content_type
    assert take_blocked() == ["Permission.content_type"]
    assert take_blocked() == []


def test_what_was_selected_is_free() -> None:
    permission = Permission.objects.select_related("content_type").fetch_mode(FETCH_RECORDED).first()
    assert permission.content_type.app_label
    assert take_blocked() == []
