"""Templates: an edit is a version, what was sent keeps its own, and nobody overwrites anybody."""

import pytest
from django.db import DatabaseError, transaction

from billing.errors import Conflict, InvalidInput
from billing.messages import services, templates
from billing.messages.models import MessageTemplate
from tests.billing.messages.desk import TOVE, somebody, written
from tests.make import NOW

pytestmark = pytest.mark.django_db


def edit(**changed) -> MessageTemplate:
    asked = {
        "kind": "refund_promised",
        "language": "de",
        "subject": "{amount} kommt zurück",
        "body": "Hallo {customer_name}, {amount} ist unterwegs.",
        "reason": "Shorter",
        "based_on": 0,
        "actor": TOVE,
        "now": NOW,
        **changed,
    }
    return services.edit(**asked)


def test_an_edit_holds_from_then_on_and_what_was_written_keeps_its_words() -> None:
    before = written()
    made = edit()
    after = written()
    assert (made.version, made.author_name, made.reason) == (1, "Tove Ahlgren", "Shorter")
    assert (before.version, after.version) == (0, 1)
    assert after.text.subject == "€\xa01.284,30 kommt zurück"
    before.refresh_from_db()
    assert before.text.subject.startswith("Ihre Rückerstattung")
    edit(based_on=1, subject="Neu: {amount}")
    assert [each.version for each in templates.versions("refund_promised", "de")] == [2, 1]


def test_a_region_may_have_a_text_of_its_own() -> None:
    edit(language="de-AT", subject="Servus, {amount}")
    assert written(somebody(locale="de-AT")).text.subject == "Servus, €\xa01.284,30"
    assert written(somebody(locale="de-CH")).language == "de"
    assert "de-AT" in templates.languages()


def test_two_who_edit_the_same_version_do_not_overwrite_each_other() -> None:
    edit()
    with pytest.raises(Conflict, match="Somebody has edited"):
        edit(subject="Mine: {amount}")
    assert MessageTemplate.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"body": "Dear {iban}"}, "body"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 1_001}, "reason"),
        ({"language": "../../x"}, "language"),
    ],
)
def test_what_is_refused_names_its_field_and_writes_nothing(changed: dict, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        edit(**changed)
    assert refused.value.field == field
    assert not MessageTemplate.objects.exists()


def test_a_version_that_changes_nothing_is_refused() -> None:
    text = templates.current("refund_promised", "de")
    assert text is not None
    with pytest.raises(InvalidInput, match="Nothing is changed"):
        edit(subject=text.subject, body=text.body)


def test_versions_only_grow() -> None:
    made = edit()
    with pytest.raises(DatabaseError), transaction.atomic():
        MessageTemplate.objects.filter(pk=made.pk).update(subject="Other")
