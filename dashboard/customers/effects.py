"""What changing tags will do, told while the form is typed."""

from billing.customers.tags import MOST
from dashboard.customers.forms import TagsForm
from dashboard.parts.entries import Effect, Notice


def of_tags(form: TagsForm) -> list[Effect | Notice]:
    added, removed = form.added, form.removed if form.is_bound else []
    if not added and not removed:
        return [Effect("Nothing changes yet", "Write a tag to add, or untick one that goes.", "tag")]
    told: list[Effect | Notice] = []
    if len(set(form.before) - set(removed) | set(added)) > MOST:
        told.append(Notice(f"A customer has {MOST} tags at most", "Take some off first.", "bad"))
    if added:
        told.append(Effect(f"Gets {', '.join(f'“{tag}”' for tag in added)}", "", "plus"))
    if removed:
        told.append(Effect(f"Loses {', '.join(f'“{tag}”' for tag in removed)}", "", "minus"))
    told.append(Effect("The customer is found by its tags", "Your name stands in the history.", "search"))
    return told
