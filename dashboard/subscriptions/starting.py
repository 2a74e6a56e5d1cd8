"""Starting a subscription for a customer, and starting one again that has ended."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.catalog.models import Price
from billing.customers.queries import customer_by_reference
from billing.subscriptions import previews
from billing.subscriptions.reactivating import reactivate_subscription
from billing.subscriptions.starting import Started, start_subscription
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.lists.names import name_of
from dashboard.parts.entries import Effect
from dashboard.staff.actors import actor_of
from dashboard.subscriptions.doing import MAY, METHODS, about, subscription_or_404
from dashboard.subscriptions.effects import Said, tell, told, with_amount
from dashboard.subscriptions.forms import PlanForm, StartForm, prices_for


@require_http_methods(METHODS)
@who_may(MAY)
def start(request: HttpRequest, reference: str) -> HttpResponse:
    """A new subscription of a customer, at once or with the tier's trial."""
    customer = customer_by_reference(reference)
    if customer is None:
        raise Http404(f"There is no customer {reference}.")
    prices = prices_for(customer.currency)
    days = {price.pk: price.tier.trial_days for price in prices}

    def effects(form: Any) -> Said:
        if form.wanted is None:
            return [
                Effect("Choose a plan and its seats", "Then this side tells what it does.", "list-details")
            ]
        price, seats = form.wanted
        trial = days.get(price, 0) if form.cleaned_data.get("trial") else 0
        collection = form.cleaned_data.get("collection") or "charge"
        preview = partial(
            previews.preview_start, customer, price_id=price, quantity=seats, trial_days=trial,
            collection=collection, now=timezone.now(),
        )  # fmt: skip
        said = told(preview, partial(tell, charges=collection == "charge"), form)
        return [Effect(f"A trial of {trial} days begins", "", "hourglass"), *said] if trial else said

    def perform(form: Any, key: str) -> Started:
        price, seats = form.wanted
        return start_subscription(
            customer_id=customer.pk,
            price_id=price,
            quantity=seats,
            trial=form.cleaned_data["trial"],
            collection=form.cleaned_data["collection"],
            asked_by=form.cleaned_data["asked_by"],
            reason=form.cleaned_data["reason"],
            key=key,
            actor=actor_of(request.user),
            now=timezone.now(),
        )

    return act(
        request,
        template="dashboard/subscriptions/start.html",
        form=lambda data: StartForm(data, prices=prices, price=_first(prices)),
        effects=effects,
        primary=lambda form: (
            "Start the trial" if form.cleaned_data.get("trial") else with_amount("Start it", form)
        ),
        perform=perform,
        done=_started,
        back=reverse("customers:show", args=[customer.reference]),
        context={"customer": customer, "name": name_of(customer)},
    )


@require_http_methods(METHODS)
@who_may(MAY)
def restart(request: HttpRequest, reference: str) -> HttpResponse:
    """A new subscription that continues one that has ended."""
    old = subscription_or_404(reference)
    first = next(iter(old.items.all()), None)
    prices = prices_for(old.currency)
    known = first.price_id if first and first.price_id in {price.pk for price in prices} else _first(prices)

    def effects(form: Any) -> Said:
        if form.wanted is None:
            return [
                Effect("Choose a plan and its seats", "Then this side tells what it does.", "list-details")
            ]
        price, seats = form.wanted
        preview = partial(
            previews.preview_start, old.customer, price_id=price, quantity=seats, trial_days=0,
            collection=old.collection, now=timezone.now(),
        )  # fmt: skip
        return told(preview, partial(tell, charges=old.collection == "charge"), form)

    def perform(form: Any, key: str) -> Started:
        price, seats = form.wanted
        return reactivate_subscription(
            subscription_id=old.pk,
            price_id=price,
            quantity=seats,
            asked_by=form.cleaned_data["asked_by"],
            reason=form.cleaned_data["reason"],
            key=key,
            actor=actor_of(request.user),
            now=timezone.now(),
        )

    return act(
        request,
        template="dashboard/subscriptions/act.html",
        form=lambda data: PlanForm(data, prices=prices, price=known, seats=first.quantity if first else 1),
        effects=effects,
        primary=lambda form: with_amount("Start it again", form),
        perform=perform,
        done=_started,
        back=reverse("subscriptions:show", args=[old.reference]),
        context={**about(old), "title": "Start it again", "danger": False},
    )


def _first(prices: list[Price]) -> int | None:
    """The cheapest that costs something, else the first."""
    paid = [price for price in prices if price.unit_amount_minor]
    return (paid or prices)[0].pk if prices else None


def _started(made: Started) -> Done:
    url = reverse("subscriptions:show", args=[made.subscription.reference])
    said = f"{made.subscription.reference} has begun"
    detail = f"{made.invoice.label} was written." if made.invoice else ""
    return Done(said, detail, url=url, link="Open the subscription")
