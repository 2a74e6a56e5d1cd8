"""What the API answers. Each call names the scope that its key must hold."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import NinjaAPI, Path, Status

from billing.catalog.asking import price_asked_for
from billing.catalog.models import Price, Tier
from billing.catalog.terms import terms_of
from billing.checkouts.buying import start_purchase
from billing.checkouts.models import CheckoutSession
from billing.checkouts.subscribing import PlanAsked, start_plan
from billing.customers.models import Customer
from billing.entitlements import queries, services
from billing.entitlements.queries import Allowance
from billing.entitlements.standing import standing_of
from billing.errors import InvalidInput, Missing, Refused
from billing.history.actors import Actor
from billing.history.context import acting
from billing.signups.services import ensure_customer
from billing.subscriptions.models import Subscription
from billing.subscriptions.starting import Marks, start_subscription
from dashboard.access.declare import Access, declare, public
from dashboard.api import problems, schemas
from dashboard.api.door import Needs, actor_of, declare_patterns
from dashboard.api.models import Scope

__all__ = ["api", "patterns"]

api = NinjaAPI(
    title="Countinghouse",
    version="1",
    description="What customers may use, what they used, and how they buy. Errors are problem JSON.",
    docs_url=None,
    openapi_url="openapi.json",
    urls_namespace="api:api-v1",
)
problems.register(api)


def _customer(told: str) -> Customer:
    """By our reference, else by what the host calls its user."""
    named = {"reference": told} if told.startswith("CUS-") else {"external_id": told}
    found = Customer.objects.filter(**named).first() if told else None
    if found is None:
        raise Missing("customer_missing", "There is no customer of this name.", field="customer")
    return found


def _who(request: HttpRequest) -> Actor:
    return actor_of(request.auth)  # type: ignore[attr-defined]


@api.get("plans", auth=Needs(Scope.CATALOG), response=schemas.PlansOut, summary="The plans that are sold")
def plans(request: HttpRequest) -> Any:
    """Public tiers from small to large, with their newest prices, quotas, features and credits."""
    tiers = list(Tier.objects.filter(is_public=True, is_archived=False).order_by("rank", "pk"))
    terms = terms_of([tier.pk for tier in tiers])
    newest: dict[int, dict[tuple[str, str, int], Price]] = {}
    for price in Price.objects.filter(tier__in=tiers, is_active=True).order_by("version"):
        slot = (price.currency, price.interval_unit, price.interval_count)
        newest.setdefault(price.tier_id, {})[slot] = price
    return {
        "plans": [
            {
                "slug": tier.slug,
                "name": tier.name,
                "description": tier.description,
                "trial_days": tier.trial_days,
                "features": sorted(terms[tier.pk].features),
                "quotas": [_plain(quota) for quota in terms[tier.pk].quotas.values()],
                "credits": [_plain(credits) for credits in terms[tier.pk].credits],
                "prices": [
                    {**_plain(price), "interval": price.interval_unit}
                    for _, price in sorted(newest.get(tier.pk, {}).items())
                ],
            }
            for tier in tiers
        ]
    }


def _plain(row: Any) -> dict[str, Any]:
    """The fields of a row that one of the answers may name."""
    names = {
        *schemas.QuotaOut.model_fields,
        *schemas.CreditsOut.model_fields,
        *schemas.PriceOut.model_fields,
    }
    return {name: getattr(row, name) for name in names if hasattr(row, name)}


@api.put(
    "customers/{user}",
    auth=Needs(Scope.CUSTOMERS),
    response=schemas.CustomerOut,
    summary="Make a user of yours a customer, on the free tier",
)
def touch(request: HttpRequest, user: Path[str], told: schemas.CustomerIn) -> Any:
    """Once for each user, however often it is asked; what was told first stays."""
    who = _who(request)
    with acting(who, request_id=getattr(request, "request_id", "")):
        made = ensure_customer(external_id=user, **told.dict(), actor=who, now=timezone.now())
    return {"customer": made.reference}


@api.get(
    "customers/{customer}/me",
    auth=Needs(Scope.ENTITLEMENTS),
    response=schemas.MeOut,
    summary="A customer's tier, usage, limits and credits",
)
def me(request: HttpRequest, customer: Path[str]) -> Any:
    found = _customer(customer)
    standing = standing_of(found.pk, now=timezone.now())
    subscriptions = Subscription.objects.in_bulk(
        [each.subscription_id for each in standing.holdings if each.subscription_id]
    )
    return {
        "customer": found.reference,
        "tiers": [
            {
                "slug": each.tier.slug,
                "name": each.tier.name,
                "subscription": held.reference if held else None,
                "state": held.state if held else None,
                "period_starts_at": each.period.start,
                "period_ends_at": each.period.end,
                "renews": each.goes_on,
            }
            for each in standing.holdings
            for held in [subscriptions.get(each.subscription_id or 0)]
        ],
        "features": [feature.slug for feature in standing.features],
        "usage": [_allowance(each) for _, each in standing.allowances],
        "credits": standing.credits,
    }


@api.get(
    "customers/{customer}/features/{feature}",
    auth=Needs(Scope.ENTITLEMENTS),
    response=schemas.MayOut,
    summary="Whether a customer may use a feature",
)
def can_use(request: HttpRequest, customer: Path[str], feature: Path[str]) -> Any:
    """A feature that the catalog does not have is a problem (404) and never a yes."""
    found = queries.can_use(_customer(customer).pk, feature, now=timezone.now())
    return {"feature": found.feature, "may": found.yes, "why": found.why, "tier": found.tier}


@api.get(
    "customers/{customer}/meters/{meter}",
    auth=Needs(Scope.ENTITLEMENTS),
    response=schemas.AllowanceOut,
    summary="What a customer has left of a meter",
)
def allowance(request: HttpRequest, customer: Path[str], meter: Path[str]) -> Any:
    return _allowance(queries.allowance(_customer(customer).pk, meter, now=timezone.now()))


def _allowance(found: Allowance) -> dict[str, Any]:
    return {name: getattr(found, name) for name in schemas.AllowanceOut.model_fields}


@api.post(
    "usage", auth=Needs(Scope.USAGE), response=schemas.UsageOut, summary="Record usage, up to 200 events"
)
def record_usage(request: HttpRequest, told: schemas.UsageIn) -> Any:
    """Each event stands for itself: it is recorded whole, or refused with a problem of its own while the
    others go on. Sending the same keys again is safe."""
    who, now = _who(request), timezone.now()
    known = _customers({each.customer for each in told.events})
    with acting(who, request_id=getattr(request, "request_id", "")):
        done = [_record(each, known, who, now) for each in told.events]
    refused = sum(each["outcome"] == "refused" for each in done)
    return {"recorded": len(done) - refused, "refused": refused, "events": done}


def _customers(told: set[str]) -> dict[str, int]:
    ours = Customer.objects.filter(reference__in=told).values_list("reference", "pk")
    theirs = Customer.objects.filter(external_id__in=told - {""}).values_list("external_id", "pk")
    return {**dict(theirs), **dict(ours)}


def _record(each: schemas.EventIn, known: dict[str, int], who: Actor, now: datetime) -> dict[str, Any]:
    try:
        if each.customer not in known:
            raise Missing("customer_missing", "There is no customer of this name.", field="customer")
        wrote = services.record_usage(
            customer_id=known[each.customer],
            meter=each.meter,
            quantity=each.quantity,
            key=each.key,
            at=each.at,
            value=each.value,
            actor=who,
            now=now,
        )
    except Refused as refusal:  # quiet: it is the answer to this one event, beside the others'
        return {"key": each.key, "outcome": "refused", "problem": problems.problem_of(refusal)}
    outcome = "repeated" if wrote.outcome == "repeated" else "recorded"
    return {"key": each.key, "outcome": outcome, "used": wrote.after, "credits_paid": wrote.paid}


@api.post(
    "customers/{customer}/trials",
    auth=Needs(Scope.TRIALS),
    response={201: schemas.TrialOut},
    summary="Start a trial",
)
def start_trial(request: HttpRequest, customer: Path[str], told: schemas.TrialIn) -> Any:
    """Price, currency and duration are the catalog's. One trial for a customer, an address and a card."""
    found, who, now = _customer(customer), _who(request), timezone.now()
    price = _price(found, told)
    with acting(who, request_id=getattr(request, "request_id", "")):
        started = start_subscription(
            customer_id=found.pk,
            price_id=price.pk,
            quantity=told.seats,
            trial=True,
            marks=Marks(address=told.address, device=told.device, email_verified=told.email_verified),
            asked_by="customer",
            reason="Started in the product",
            key=_own(request, told.key),
            actor=who,
            now=now,
        )
    made = started.subscription
    return Status(
        201,
        {"subscription": made.reference, "state": made.state, "trial_ends_at": made.trial_ends_at},
    )


def _price(customer: Customer, told: schemas.TrialIn) -> Price:
    """The newest price that is sold, in the customer's currency, else in the plan's only one."""
    price = price_asked_for(
        plan=told.plan, unit=told.interval, count=told.interval_count, currency=customer.currency
    )
    if not price.tier.trial_days:
        raise InvalidInput("plan_without_trial", "Plan: it has no trial.", field="plan")
    return price


@api.post(
    "customers/{customer}/checkouts",
    auth=Needs(Scope.CHECKOUTS),
    response={201: schemas.CheckoutOut},
    summary="Start a purchase",
)
def start_checkout(request: HttpRequest, customer: Path[str], told: schemas.CheckoutIn) -> Any:
    """The address of the page on which the customer pays for a package, or for the first period of a plan.
    What it costs is the catalog's; nothing is granted before the gateway says that it was paid. An address to
    return to that is not ours is replaced by ours."""
    found, who, now = _customer(customer), _who(request), timezone.now()
    told_too: dict[str, Any] = {
        "customer_id": found.pk,
        "return_url": told.return_url,
        "key": _own(request, told.key),
        "actor": who,
        "now": now,
    }
    with acting(who, request_id=getattr(request, "request_id", "")):
        if told.plan is not None:
            asked = PlanAsked(told.plan, told.interval, told.interval_count, told.seats)
            session = start_plan(asked=asked, **told_too)
        else:
            session = start_purchase(package=told.package or "", quantity=told.quantity, **told_too)
    return Status(201, _checkout(session))


@api.get(
    "customers/{customer}/checkouts/{reference}",
    auth=Needs(Scope.CHECKOUTS),
    response=schemas.CheckoutOut,
    summary="What became of a purchase",
)
def checkout(request: HttpRequest, customer: Path[str], reference: Path[str]) -> Any:
    """For the page that a customer returns to: ``complete`` with a ``subscription`` is a plan that was
    started. Whoever returned may not have paid, and who paid may be told of a moment later."""
    rows = CheckoutSession.objects.select_related("subscription").filter(key__isnull=False)
    session = rows.filter(customer=_customer(customer).pk, reference=reference).first()
    if session is None:
        raise Missing("checkout_missing", "This customer has started no such purchase.", field="reference")
    return _checkout(session)


def _checkout(session: CheckoutSession) -> dict[str, Any]:
    names = [name for name in schemas.CheckoutOut.model_fields if name != "subscription"]
    started = session.subscription.reference if session.subscription else None
    return {name: getattr(session, name) for name in names} | {"subscription": started}


def _own(request: HttpRequest, key: str) -> str:
    """The host's key among those of everybody else."""
    return f"api:{request.auth.prefix}:{key}"  # type: ignore[attr-defined]


def _mark(view: Any) -> Any:
    """By the scope that the view's calls ask for; the description of the API itself is open."""
    needs = [
        each.scope
        for operation in getattr(getattr(view, "__self__", None), "operations", [])
        for each in operation.auth_callbacks
        if isinstance(each, Needs)
    ]
    if not needs:
        return public("describes the API and holds nothing of anybody's")(view)
    return declare(view, Access("api_key", tuple(sorted(set(needs)))))


patterns = declare_patterns(api.urls[0], _mark)
