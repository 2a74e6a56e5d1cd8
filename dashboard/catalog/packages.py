"""Token packages: what is sold at once, who bought, and what an admin does with them."""

from functools import partial
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.catalog import packaging, services
from billing.catalog.models import PackagePrice, TokenPackage
from billing.checkouts.models import CheckoutSession
from billing.history.queries import timeline_of
from billing.money import Money
from dashboard.access import may, who_may
from dashboard.actions.offers import offer
from dashboard.actions.timeline import moments
from dashboard.catalog import effects, forms, words
from dashboard.catalog.doing import edit as dialog
from dashboard.catalog.page import ARCHIVED, CURRENT, HIDDEN, RETIRED, SOLD
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Fact, Moment
from dashboard.parts.states import State

POSTED = require_http_methods(["GET", "HEAD", "POST"])
BOUGHT = Q(checkout_sessions__fulfilled_at__isnull=False)
MOST_SHOWN = 20
#: How far a purchase is, in the look of a state.
GRANTED = State("checkoutsession", "granted", "Granted", "ok", "circle-check-filled")
STANDINGS = {
    "starting": State("checkoutsession", "starting", "Being made", "move", "loader"),
    "open": State("checkoutsession", "open", "Open", "move", "clock"),
    "complete": State("checkoutsession", "complete", "Paid, not granted yet", "wait", "hourglass"),
    "expired": State("checkoutsession", "expired", "Abandoned", "idle", "clock-off"),
    "failed": State("checkoutsession", "failed", "Refused", "bad", "circle-x-filled"),
}


def address(package: TokenPackage) -> str:
    return reverse("catalog:package", args=[package.slug])


def standing(package: TokenPackage) -> Any:
    if package.is_archived:
        return ARCHIVED
    return SOLD if package.is_public else HIDDEN


def _prices(packages: list[TokenPackage]) -> dict[int, list[PackagePrice]]:
    """Every price of these, the current first, each with how often it was paid; one query."""
    found: dict[int, list[PackagePrice]] = {each.pk: [] for each in packages}
    rows = PackagePrice.objects.filter(package__in=list(found)).annotate(
        bought=Count("checkout_sessions", filter=BOUGHT)
    )
    for row in rows.order_by("currency", "-version"):
        found[row.package_id].append(row)
    return found


@require_safe
@who_may("catalog.view")
def index(request: HttpRequest) -> HttpResponse:
    packages = list(TokenPackage.objects.all())
    prices = _prices(packages)
    rows = [
        {
            "package": each,
            "url": address(each),
            "standing": standing(each),
            "unit": words.unit_words(each.unit),
            "prices": [_shown(price) for price in prices[each.pk] if price.is_active],
            "bought": sum(price.bought for price in prices[each.pk]),  # type: ignore[attr-defined]
        }
        for each in packages
    ]
    return render(
        request,
        "dashboard/catalog/packages.html",
        {"rows": rows, "may_edit": may(request.user, "catalog.edit"), "as_of": timezone.now()},
    )


def _shown(price: PackagePrice) -> dict[str, Any]:
    return {
        "price": price,
        "amount": Money(price.amount_minor, price.currency),
        "standing": CURRENT if price.is_active else RETIRED,
        "valid": f"{price.valid_days} days" if price.valid_days else "for ever",
    }


def package_or_404(slug: str) -> TokenPackage:
    package = TokenPackage.objects.filter(slug=slug).first()
    if package is None:
        raise Http404(f"There is no package {slug}.")
    return package


@require_safe
@who_may("catalog.view")
def show(request: HttpRequest, slug: str) -> HttpResponse:
    package = package_or_404(slug)
    prices = _prices([package])[package.pk]
    bought = sum(price.bought for price in prices)  # type: ignore[attr-defined]
    sessions = (
        CheckoutSession.objects.filter(package_price__package=package)
        .select_related("customer__identity", "invoice", "package_price")
        .order_by("-created_at", "-pk")[:MOST_SHOWN]
    )
    context = {
        "package": package,
        "standing": standing(package),
        "unit": words.unit_words(package.unit),
        "prices": [_shown(price) for price in prices],
        "sessions": [_session(each) for each in sessions],
        "facts": [
            Fact("Slug", package.slug),
            Fact("Unit", words.unit_words(package.unit)),
            Fact("Bought", bought, note="times"),
            Fact("Tax", words.tax_class(package.tax_class)),
            Fact("Rank", package.rank),
            Fact("Since", timezone.localtime(package.created_at).date()),
        ],
        "actions": _actions(request.user, package),
        "entries": moments(timeline_of(package, also=prices)) or _made(package, prices),
        "may_edit": may(request.user, "catalog.edit"),
    }
    return render(request, "dashboard/catalog/package.html", context)


def _made(package: TokenPackage, prices: list[PackagePrice]) -> list[Moment]:
    """When it and its later prices came about, where history does not tell."""
    later = {each.created_at: each for each in prices if each.version > 1}
    told = [Moment(f"Its prices came to version {each.version}", at, "tag") for at, each in later.items()]
    told.sort(key=lambda moment: moment.at, reverse=True)
    return [*told, Moment("Package was made", package.created_at, "circle-plus")]


def _session(session: CheckoutSession) -> dict[str, Any]:
    price = session.package_price
    return {
        "session": session,
        "name": name_of(session.customer) if session.customer else ("", ""),
        "customer_url": reverse("customers:show", args=[session.customer.reference])
        if session.customer
        else "",
        "invoice_url": reverse("invoices:show", args=[session.invoice.reference]) if session.invoice else "",
        "amount": Money(session.amount_minor or 0, session.currency),
        "units": price.units * session.quantity if price else None,
        "state": GRANTED if session.fulfilled_at else STANDINGS[session.state],
    }


def _actions(user: Any, package: TokenPackage) -> list[Action]:
    def to(label: str, target: str, **more: Any) -> list[Action]:
        return offer(user, label, f"catalog:{target}", [package.slug], permission="catalog.edit", **more)

    shelve = (
        to("Take back into sale…", "restore_package", icon="arrow-back-up", kind="quiet")
        if package.is_archived
        else to("Archive…", "archive_package", icon="archive", kind="quiet")
    )
    return [
        *to("New price…", "package_price", icon="plus", kind="primary"),
        *to("Edit…", "edit_package", icon="pencil"),
        *shelve,
    ]


@POSTED
@who_may("catalog.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Makes a package."""
    return dialog(
        request,
        title="New package",
        lede="Units that are bought at once.",
        button="Make the package",
        form=forms.NewPackageForm,
        effects=lambda form: effects.of_new_package(),
        perform=lambda form, **by: services.create_package(
            slug=form.cleaned_data["slug"], unit=form.cleaned_data["unit"], words=form.wanted(), **by
        ),
        done=lambda made: f"{made.name} is made",
        back=lambda made: address(made) if made else reverse("catalog:packages"),
    )


@POSTED
@who_may("catalog.edit")
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Changes how a package is shown, and how it is taxed."""
    package = package_or_404(slug)
    held = packaging.PackageWords.of(package)
    known = {name: getattr(held, name) for name in held.__slots__}
    return dialog(
        request,
        title=f"Edit {package.name}",
        lede="What it costs and gives is set by its prices.",
        button="Save",
        form=partial(forms.PackageForm, seen=packaging.seen_of_package(package), initial=known),
        effects=lambda form: effects.of_package(form, package),
        perform=lambda form, **by: services.edit_package(
            package_id=package.pk, words=form.wanted(), seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"{made.name} is changed",
        back=address(package),
    )


@POSTED
@who_may("catalog.edit")
def price(request: HttpRequest, slug: str) -> HttpResponse:
    """Adds a price, or with `of` in the address the next version of one."""
    package = package_or_404(slug)
    pk = request.GET.get("of", "")
    known = PackagePrice.objects.filter(package=package)
    of = known.filter(pk=pk).first() if pk.isascii() and pk.isdigit() else None
    if pk and of is None:
        raise Http404("There is no such price.")
    return dialog(
        request,
        title=f"Change a price of {package.name}" if of else f"New price of {package.name}",
        lede=f"{of.currency}: the next version after {of.version}." if of else "In one currency.",
        button="Write the next version" if of else "Write the price",
        form=partial(forms.PackagePriceForm, of=of),
        effects=lambda form: effects.of_package_price(form, package, of),
        perform=lambda form, **by: services.add_package_price(
            package_id=package.pk,
            wanted=form.wanted(),
            based_on=form.cleaned_data.get("based_on") or 0,
            **by,
        ),
        done=lambda made: f"Version {made.version} is written",
        back=address(package),
    )


def _shelve(request: HttpRequest, slug: str, verb: Any, title: str, button: str) -> HttpResponse:
    package = package_or_404(slug)
    sessions = CheckoutSession.objects.filter(package_price__package=package)
    bought = sessions.filter(fulfilled_at__isnull=False).count()
    return dialog(
        request,
        title=title.format(package.name),
        lede="What was bought stays with whoever bought it.",
        button=button,
        form=partial(forms.ReasonOnly, seen=packaging.seen_of_package(package)),
        effects=lambda form: effects.of_shelving(package, bought),
        perform=lambda form, **by: verb(package_id=package.pk, seen=form.cleaned_data["seen"], **by),
        done=lambda made: f"{made.name} is {'archived' if made.is_archived else 'in sale again'}",
        back=address(package),
        danger=not package.is_archived,
    )


@POSTED
@who_may("catalog.edit")
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Sells a package to nobody any more."""
    return _shelve(request, slug, services.archive_package, "Archive {}", "Archive it")


@POSTED
@who_may("catalog.edit")
def restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes an archived package back into sale."""
    return _shelve(request, slug, services.restore_package, "Take {} back into sale", "Take it back")
