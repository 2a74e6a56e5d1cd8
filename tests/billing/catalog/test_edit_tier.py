"""Tiers are made, edited, archived and restored, each with a reason, and never over somebody else's edit."""

from dataclasses import replace

import pytest

from billing.catalog import services
from billing.catalog.selling import TierWords, seen_of
from billing.errors import Conflict, InvalidInput
from billing.history.actors import person
from billing.models import HistoryEntry, Tier
from tests import make

pytestmark = pytest.mark.django_db
TOVE = person(3, "Tove Ahlgren")
WORDS = TierWords("Team", "For a team that ships.", 20, 14, words=("3 workspaces",))
BY = {"reason": "New offer for teams", "actor": TOVE, "now": make.NOW}


def test_a_tier_is_made_with_its_reason() -> None:
    made = services.create_tier(slug="team", words=WORDS, **BY)
    assert (made.slug, made.trial_days, made.features) == ("team", 14, ["3 workspaces"])
    entry = HistoryEntry.objects.get(subject_kind="tier", subject_id=made.pk)
    assert (entry.kind, entry.reason, entry.actor_name) == ("created", "New offer for teams", "Tove Ahlgren")


@pytest.mark.parametrize("slug", ["", "Team", "team plan", "-team", "team-", "a" * 65, "té", "a--b"])
def test_a_slug_that_programs_could_not_ask_by_is_refused(slug: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.create_tier(slug=slug, words=WORDS, **BY)
    assert refused.value.field == "slug"


def test_a_slug_is_given_once() -> None:
    services.create_tier(slug="team", words=WORDS, **BY)
    with pytest.raises(Conflict) as refused:
        services.create_tier(slug="team", words=WORDS, **BY)
    assert refused.value.field == "slug"


def test_an_edit_says_what_it_changed_and_an_overtaken_one_is_refused() -> None:
    tier = services.create_tier(slug="team", words=WORDS, **BY)
    seen = seen_of(tier)
    services.edit_tier(tier_id=tier.pk, words=replace(WORDS, trial_days=30), seen=seen, **BY)
    with pytest.raises(Conflict) as refused:
        services.edit_tier(tier_id=tier.pk, words=replace(WORDS, name="Teams"), seen=seen, **BY)
    assert refused.value.code == "edited_meanwhile"
    tier.refresh_from_db()
    assert (tier.name, tier.trial_days) == ("Team", 30)
    entry = HistoryEntry.objects.filter(kind="edited").get()
    assert entry.facts["changed"] == {"trial_days": [14, 30]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"rank": 1_001}, "rank"),
        ({"trial_days": -1}, "trial_days"),
        ({"tax_class": "books"}, "tax_class"),
        ({"words": ("x" * 201,)}, "words"),
    ],
)
def test_what_cannot_be_taken_names_its_field(change: dict, field: str) -> None:
    tier = services.create_tier(slug="team", words=WORDS, **BY)
    with pytest.raises(InvalidInput) as refused:
        services.edit_tier(tier_id=tier.pk, words=replace(WORDS, **change), seen=seen_of(tier), **BY)
    assert refused.value.field == field


def test_nothing_changed_and_no_reason_are_refused() -> None:
    tier = services.create_tier(slug="team", words=WORDS, **BY)
    with pytest.raises(InvalidInput):
        services.edit_tier(tier_id=tier.pk, words=WORDS, seen=seen_of(tier), **BY)
    with pytest.raises(InvalidInput) as refused:
        services.archive_tier(tier_id=tier.pk, seen=seen_of(tier), **{**BY, "reason": " "})
    assert refused.value.field == "reason"


def test_what_a_gateway_tells_is_edited_there_and_the_rest_here() -> None:
    tier = make.tier(gateway="stripe", gateway_id="prod_1", features=[{"name": "3 workspaces"}])
    words = TierWords.of(tier)
    with pytest.raises(InvalidInput) as refused:
        services.edit_tier(tier_id=tier.pk, words=replace(words, name="Else"), seen=seen_of(tier), **BY)
    assert refused.value.field == "name"
    services.edit_tier(tier_id=tier.pk, words=replace(words, trial_days=7), seen=seen_of(tier), **BY)
    tier.refresh_from_db()
    assert tier.trial_days == 7


def test_new_users_get_one_tier() -> None:
    free = services.create_tier(slug="free", words=replace(WORDS, name="Free", is_default=True), **BY)
    with pytest.raises(InvalidInput):
        services.archive_tier(tier_id=free.pk, seen=seen_of(free), **BY)
    start = services.create_tier(slug="start", words=replace(WORDS, name="Start", is_default=True), **BY)
    assert list(Tier.objects.filter(is_default=True)) == [start]
    free.refresh_from_db()
    services.archive_tier(tier_id=free.pk, seen=seen_of(free), **BY)


def test_archiving_and_restoring_are_told_once_each() -> None:
    tier = services.create_tier(slug="team", words=WORDS, **BY)
    services.archive_tier(tier_id=tier.pk, seen=seen_of(tier), **BY)
    tier.refresh_from_db()
    with pytest.raises(Conflict):
        services.archive_tier(tier_id=tier.pk, seen=seen_of(tier), **BY)
    services.restore_tier(tier_id=tier.pk, seen=seen_of(tier), **BY)
    tier.refresh_from_db()
    assert not tier.is_archived
    kinds = list(HistoryEntry.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["created", "archived", "restored"]


def test_the_class_of_its_tax_is_edited_like_the_rest_and_audited() -> None:
    tier = services.create_tier(slug="team", words=WORDS, **BY)
    assert tier.tax_class == ""
    services.edit_tier(tier_id=tier.pk, words=replace(WORDS, tax_class="reduced"), seen=seen_of(tier), **BY)
    entry = HistoryEntry.objects.filter(kind="edited").get()
    assert entry.facts["changed"] == {"tax_class": ["", "reduced"]}
    kept = Tier.pgh_event_model.objects.filter(pgh_obj_id=tier.pk).order_by("pgh_id")
    assert list(kept.values_list("tax_class", flat=True)) == ["", "reduced"]
