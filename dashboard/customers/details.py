"""Entering what stands on a customer's next invoices: name, address, country, VAT number."""

from functools import partial
from typing import Any

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.customers.models import Customer
from billing.customers.queries import customer_by_reference
from billing.errors import Conflict, InvalidInput
from billing.gateways.facts import PersonFact
from billing.tax.details import change_billing_details, checked
from billing.tax.rules import Buyer, decide
from billing.tax.seller import the_seller
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.lists.names import name_of
from dashboard.parts.entries import Effect, Notice
from dashboard.staff.actors import actor_of

FIELDS = ("name", "line1", "line2", "postal_code", "city", "region", "tax_id")


class DetailsForm(forms.Form):
    """Who is billed, and where: invoices that are issued keep what they say."""

    name = forms.CharField(
        label="Name", max_length=200, error_messages={"required": "Name: enter who is billed."}
    )
    line1 = forms.CharField(label="Street", max_length=200, required=False)
    line2 = forms.CharField(label="More of the address", max_length=200, required=False)
    postal_code = forms.CharField(label="Postal code", max_length=32, required=False)
    city = forms.CharField(label="City", max_length=120, required=False)
    region = forms.CharField(label="Region", max_length=120, required=False)
    country = forms.ChoiceField(
        label="Country", error_messages={"required": "Country: choose one; tax cannot be decided without."}
    )
    tax_id = forms.CharField(
        label="VAT number",
        max_length=40,
        required=False,
        help_text="Of a business, with its country's letters. Its check digits are looked at.",
    )
    reason = forms.CharField(
        label="Reason",
        max_length=200,
        error_messages={"required": "Reason: say why, for whoever reads it later."},
    )

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        identity = getattr(customer, "identity", None)
        held = {name: getattr(identity, name, "") for name in FIELDS} | {"country": customer.country}
        super().__init__(data, initial=held)
        self.fields["country"].choices = [("", "Choose…"), *_countries()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        if "name" in told and told.get("country"):
            try:
                checked(self.person(), told["country"])
            except InvalidInput as error:
                self.add_error(error.field, ValidationError(error.sentence, code=error.code))
        return told

    def person(self) -> PersonFact:
        """What is entered, as a person's fields."""
        return PersonFact(**{name: self.cleaned_data.get(name, "") for name in FIELDS})


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("invoices.change")
def details(request: HttpRequest, reference: str) -> HttpResponse:
    """Changes the billing details of a customer; shows how the next invoice would be taxed."""
    customer = customer_by_reference(reference)
    if customer is None:
        raise Http404(f"There is no customer {reference}.")
    back = reverse("customers:show", args=[reference])

    def perform(form: DetailsForm, key: str) -> bool:
        return change_billing_details(
            customer_id=customer.pk,
            person=form.person(),
            country=form.cleaned_data["country"],
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        )

    def done(changed: bool) -> Done:
        said = "has new billing details" if changed else "has the same billing details"
        return Done(f"{reference} {said}", url=back, go=True)

    return act(
        request,
        template="dashboard/customers/details.html",
        form=partial(DetailsForm, customer=customer),
        effects=partial(effects, customer),
        primary=lambda form: "Change billing details",
        perform=perform,
        done=done,
        back=back,
        context={"customer": customer, "name": name_of(customer)},
    )


def effects(customer: Customer, form: Any) -> list[Effect | Notice]:
    """How the next invoice is taxed, and what stays as it is."""
    valid = form.is_bound and form.is_valid()
    told: list[Effect | Notice] = []
    country = form.cleaned_data["country"] if valid else customer.country
    number = form.person().tax_id if valid else getattr(getattr(customer, "identity", None), "tax_id", "")
    postal = form.person().postal_code if valid else ""
    try:
        decision = decide(the_seller(), Buyer(country, bool(number), postal), timezone.localdate())
        told.append(Effect("How the next invoice is taxed", decision.why, "receipt-tax"))
    except (Conflict, InvalidInput) as refused:  # quiet: said in the dialog
        told.append(Notice("The next invoice cannot be taxed", refused.sentence, "look"))
    told.append(Effect("Issued invoices stay as they are", "Correct one from its own page.", "file-invoice"))
    if customer.gateway:
        told.append(
            Effect("The gateway may overwrite it", "What it tells of this customer later counts.", "refresh")
        )
    return told


def _countries() -> list[tuple[str, str]]:
    names = Locale("en").territories
    known = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()]
    return sorted(
        ((code, name) for code, name in known if code not in ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ")),
        key=lambda each: each[1],
    )
