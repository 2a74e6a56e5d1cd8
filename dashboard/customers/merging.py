"""Two customers who are one: merging them from either page, and taking them apart."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.customers.link_models import CustomerLink
from billing.customers.merging import link_of, links_into, merge_customers, separate_customers, why_not_merged
from billing.customers.models import Customer
from billing.customers.queries import customer_by_reference
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.offers import offer
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Effect, Notice
from dashboard.staff.actors import actor_of
from reports.customers.summary import summary_of

LONGEST = 2_000


class ReasonForm(forms.Form):
    """How one knows."""

    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Reason: say how you know.",
            "max_length": "Reason: shorten it to 2,000 characters.",
        },
    )


class MergeForm(ReasonForm):
    """The customer that stays the page to look at."""

    into = forms.CharField(
        label="Is the same as",
        max_length=24,
        help_text="The other customer's reference, such as CUS-7K3N9Q4F. Theirs stays the page to look at.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}),
        error_messages={"required": "Is the same as: enter the reference of the other customer."},
    )
    field_order = ("into", "reason")

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        super().__init__(data)
        self.customer = customer

    def clean_into(self) -> Customer:
        asked = self.cleaned_data["into"].strip().upper()
        found = customer_by_reference(asked)
        if found is None:
            raise forms.ValidationError(
                f"Is the same as: there is no customer {asked}. Copy it from their page."
            )
        if refusal := why_not_merged(self.customer, found):
            raise forms.ValidationError(f"Is the same as: {refusal}")
        return found


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("customers.merge")
def merge(request: HttpRequest, reference: str) -> HttpResponse:
    """Says that this customer is another one."""
    customer = _customer(reference)
    return act(
        request,
        template="dashboard/customers/merge.html",
        form=lambda data: MergeForm(data, customer=customer),
        effects=lambda form: _of_merge(customer, form),
        primary=lambda form: "Merge",
        perform=lambda form, key: merge_customers(
            customer_id=customer.pk,
            into_id=form.cleaned_data["into"].pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda link: Done(
            f"{customer.reference} is {link.into.reference}", url=_page(link.into), go=True
        ),
        back=_page(customer),
        context={"customer": customer, "name": name_of(customer)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("customers.merge")
def separate(request: HttpRequest, reference: str) -> HttpResponse:
    """Takes the merge of this customer back."""
    customer = _customer(reference)
    link = link_of(customer.pk)
    if link is None:
        raise Http404(f"{reference} is merged into nobody.")
    return act(
        request,
        template="dashboard/customers/separate.html",
        form=ReasonForm,
        effects=lambda form: _of_separation(link),
        primary=lambda form: "Separate",
        perform=lambda form, key: separate_customers(
            customer_id=customer.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda made: Done(
            f"{customer.reference} and {made.into.reference} stand alone", url=_page(customer), go=True
        ),
        back=_page(customer),
        context={
            "customer": customer,
            "name": name_of(customer),
            "into": link.into,
            "other": name_of(link.into),
        },
    )


def offered(customer: Customer, link: CustomerLink | None, user: Any) -> list[Action]:
    """Merging, or taking it back."""
    verb, route = ("Separate…", "separate") if link else ("Merge…", "merge")
    return offer(
        user,
        verb,
        f"customers:{route}",
        [customer.reference],
        permission="customers.merge",
        icon="unlink" if link else "link",
        kind="quiet",
    )


def shown(customer: Customer) -> tuple[CustomerLink | None, list[dict[str, Any]]]:
    """The link by which this one is another, and the rows of those who are this one; two queries."""
    rows = [
        {"link": link, "name": name_of(link.customer), "url": _page(link.customer)}
        for link in links_into(customer.pk)
    ]
    return link_of(customer.pk), rows


def notice(link: CustomerLink) -> Notice:
    """Above the page of one that is another."""
    return Notice(
        f"This is the same customer as {name_of(link.into)[0]}, {link.into.reference}",
        f"{link.made_by_name} merged them. What stands here stays here; the statement of "
        f"{link.into.reference} shows both.",
        "look",
        "link",
        url=_page(link.into),
        button=f"Open {link.into.reference}",
    )


def _of_merge(customer: Customer, form: MergeForm) -> list[Effect | Notice]:
    into = form.cleaned_data.get("into") if form.is_bound else None
    if not isinstance(into, Customer):
        return [Effect("Name the other customer", "Then this side tells what each of them has.", "link")]
    return [
        Effect(f"{name_of(into)[0]}, {into.reference}, stays the page to look at", _has(into), "user-check"),
        Effect(f"{customer.reference} leads there", _has(customer), "link"),
        Effect("Nothing moves", "Invoices, payments, credits and subscriptions stay where they are.", "lock"),
        Effect("The statement shows both", "Debts and balances of the two add up in it.", "file-text"),
        Effect("It can be taken back", "Your name and reason stand in both histories.", "arrow-back-up"),
    ]


def _of_separation(link: CustomerLink) -> list[Effect | Notice]:
    return [
        Effect("Each stands alone again", "Nothing had moved, so nothing moves.", "unlink"),
        Effect(f"The statement of {link.into.reference} no longer shows both", "", "file-text"),
        Effect("Both histories keep that they were merged", "With who, when and why.", "history"),
    ]


def _has(customer: Customer) -> str:
    found = summary_of(customer.pk, customer.created_at)
    said = [
        f"{label} {', '.join(str(money) for money in some)}"
        for label, amounts in (("owes", found.owes), ("MRR", found.mrr), ("lifetime", found.lifetime))
        if (some := [money for money in amounts if money.minor])
    ]
    return "; ".join(said).capitalize() or "Nothing owed, nothing paid yet."


def _customer(reference: str) -> Customer:
    customer = customer_by_reference(reference)
    if customer is None:
        raise Http404(f"There is no customer {reference}.")
    return customer


def _page(customer: Customer) -> str:
    return reverse("customers:show", args=[customer.reference])
