"""Customers: the list, a customer's page and story, notes, tags, and what they see themselves."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from billing.customers.models import Customer, CustomerNote
from billing.customers.notes import add_note
from billing.customers.queries import customer_by_reference
from billing.customers.tags import change_tags
from billing.ids import is_form_key
from dashboard.access import who_may
from dashboard.actions.dialog import CHANGED, Done, act
from dashboard.customers import seen
from dashboard.customers.effects import of_tags
from dashboard.customers.forms import NoteForm, TagsForm
from dashboard.customers.notes import notes_card
from dashboard.customers.page import context
from dashboard.customers.screen import CUSTOMERS
from dashboard.customers.story import LONG, story_of
from dashboard.lists.answer import list_view
from dashboard.lists.names import name_of
from dashboard.staff.actors import actor_of

index = list_view(CUSTOMERS)
TABS = ("", "notes")


def _customer(reference: str) -> Customer:
    customer = customer_by_reference(reference)
    if customer is None:
        raise Http404(f"There is no customer {reference}.")
    return customer


@require_safe
@who_may("customers.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """The page; `tab=notes` shows all notes in place of what is theirs."""
    customer = _customer(reference)
    tab = request.GET.get("tab", "")
    shown = context(customer, request.user, tab=tab if tab in TABS else "")
    before = _key(request, "notes_before")
    if shown["tab"] == "notes" and before:
        shown["notes"] = notes_card(customer, request.user, whole=True, before=before)
    return render(request, "dashboard/customers/show.html", shown)


@require_safe
@who_may("customers.view")
def story(request: HttpRequest, reference: str) -> HttpResponse:
    """What happened, from one entry back in time: a page, or what htmx puts below the entries before."""
    customer = _customer(reference)
    told = story_of(customer, request.user, before=_key(request, "before"), size=LONG)
    known = {"customer": customer, "name": name_of(customer), "story": told, "entries": told.entries}
    part = getattr(request, "htmx", None) and request.htmx.target == "story-more"  # type: ignore[attr-defined]
    return render(request, f"dashboard/customers/{'_earlier' if part else 'story'}.html", known)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("customers.note")
def note(request: HttpRequest, reference: str) -> HttpResponse:
    """Writes a note: as a dialog, or in the card on the customer's page."""
    customer = _customer(reference)

    def write(form: NoteForm, key: str) -> CustomerNote:
        return add_note(
            customer=customer,
            body=form.cleaned_data["body"],
            actor=actor_of(request.user),
            form_key=key,
            now=timezone.now(),
        )

    if request.method == "POST" and getattr(request, "htmx", None) and request.htmx.target == "notes":  # type: ignore[attr-defined]
        return _in_card(request, customer, write)
    return act(
        request,
        template="dashboard/customers/note.html",
        form=NoteForm,
        primary=lambda form: "Add note",
        perform=write,
        done=lambda made: Done("The note is written", url=_address(customer), go=True),
        back=_address(customer),
        context={"customer": customer, "name": name_of(customer)},
    )


def _in_card(request: HttpRequest, customer: Customer, write: Any) -> HttpResponse:
    """The card again: with the note on top, or with the text as it was typed and what is wrong."""
    form = NoteForm(request.POST, auto_id="note_%s")
    key = request.POST.get("form_key", "")
    whole = bool(request.POST.get("whole"))
    good = form.is_valid() and is_form_key(key)
    if form.is_valid() and not is_form_key(key):
        form.add_error(None, "This form was sent without its key; nothing was written. Send it again.")
    if good:
        write(form, key)
        card = notes_card(customer, request.user, whole=whole)
    else:
        card = notes_card(customer, request.user, whole=whole, form=form, key=key if is_form_key(key) else "")
    known: dict[str, Any] = {"customer": customer, "notes": card, "written": good}
    if good:
        told = story_of(customer, request.user)
        known |= {"story": told, "entries": told.entries}
        card["count"] = customer.notes.count()
    response = render(request, "dashboard/customers/_notes.html", known, status=200 if good else 422)
    return trigger_client_event(response, CHANGED, after="settle") if good else response


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("customers.note")
def tags(request: HttpRequest, reference: str) -> HttpResponse:
    """Puts tags on the customer and takes others off."""
    customer = _customer(reference)

    def change(form: TagsForm, key: str) -> Customer:
        return change_tags(
            customer_id=customer.pk,
            add=form.cleaned_data["add"],
            remove=form.removed,
            actor=actor_of(request.user),
            now=timezone.now(),
        )

    return act(
        request,
        template="dashboard/customers/tags.html",
        form=lambda data: TagsForm(data, customer=customer),
        effects=of_tags,
        primary=lambda form: "Change tags",
        perform=change,
        done=lambda made: Done(
            f"{made.reference} has the tags {', '.join(made.tags)}"
            if made.tags
            else f"{made.reference} has no tags",
            url=_address(customer),
            go=True,
        ),
        back=_address(customer),
        context={"customer": customer, "name": name_of(customer)},
    )


@require_safe
@who_may("customers.view")
def preview(request: HttpRequest, reference: str) -> HttpResponse:
    """What the customer sees of their account, in the notation of their own locale; nothing can be done."""
    return render(request, "dashboard/customers/preview.html", seen.context(_customer(reference)))


def _address(customer: Customer) -> str:
    return reverse("customers:show", args=[customer.reference])


def _key(request: HttpRequest, name: str) -> int | None:
    word = request.GET.get(name, "")
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else None
