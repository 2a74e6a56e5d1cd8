"""Leaving a card by a link: a page of the gateway's, and the card kept once its verified word of it came."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from procrastinate.contrib.django import app

from billing.customers.models import Customer
from billing.errors import Conflict, Refused
from billing.gateways.errors import GatewayError
from billing.gateways.facts import SetupFact
from billing.gateways.registry import card_taker_named
from billing.history.actors import Actor, system
from billing.history.actors import gateway as gateway_actor
from billing.history.services import record
from billing.logs import add_facts, note_odd, service
from billing.payments import card_links
from billing.payments.card_models import CardLink
from billing.payments.payers import payer_at
from billing.payments.saving import save_method

__all__ = ["begin_leaving", "heard_of", "look_up_card", "look_up_cards_due", "record_setup", "taker_for"]

#: How long a page takes a card before another has to be opened, and how many one link opens.
PAGE_OPEN, MOST_PAGES = timedelta(hours=1), 20
#: So long after its page closed is a link asked about whose word never came.
ASKED_FOR = timedelta(hours=2)
LOOK_UP, BATCH = "payments.look_up_card", 200
LEAVER = system("card link")


def taker_for(customer: Customer) -> str:
    """The gateway on whose page this customer leaves a card: their own, else the one for checkouts.

    Raises `Conflict` where there is none.
    """
    paths: dict[str, str] = settings.GATEWAYS
    able = {name for name, path in paths.items() if hasattr(import_string(path), "open_setup")}
    if not settings.STRIPE_API_KEY:
        able.discard("stripe")
    if customer.gateway in able:
        return customer.gateway
    if settings.CHECKOUT_GATEWAY in able:
        return str(settings.CHECKOUT_GATEWAY)
    raise Conflict("no_gateway", "No gateway is set up on whose page a customer could leave a card.")


@service("payments")
def begin_leaving(*, link: CardLink, return_url: str, now: datetime) -> str:
    """The address of the gateway's page that takes the card. Whoever comes again while it is open is led to
    the same one. Raises `Conflict` with what to do instead."""
    link = _promise(link.reference, now)
    try:
        page = card_taker_named(link.gateway).open_setup(
            link.reference,
            key=f"{link.reference}:{link.pages}",
            customer_gateway_id=payer_at(customer=link.customer, gateway=link.gateway, now=now),
            return_url=return_url,
            expires_at=link.checkout_until or now + PAGE_OPEN,
        )
    except GatewayError as trouble:
        raise Conflict(
            "page_not_opened", "The page cannot be opened at the moment. Try again in some minutes."
        ) from trouble
    CardLink.objects.filter(pk=link.pk, pages=link.pages).update(checkout_id=page.gateway_id)
    if not page.url:
        raise Conflict("page_is_closed", "A card has just been left. Reload the page to see it.")
    add_facts(link=link.reference)
    return page.url


@transaction.atomic
def _promise(reference: str, now: datetime) -> CardLink:
    """The link with a page that is open, or is to be opened under a new key."""
    link = card_links.lock_card_link(reference)
    if link is None or card_links.state_of(link, now) != "open":
        raise Conflict("link_is_closed", "This link can no longer be used.")
    if link.checkout_until is None or now >= link.checkout_until:
        if link.pages >= MOST_PAGES:
            raise Conflict("too_many_starts", "This link has been tried too often. Ask us for a new one.")
        link.gateway = taker_for(link.customer)
        link.pages, link.checkout_id, link.checkout_until = link.pages + 1, "", now + PAGE_OPEN
        link.save(update_fields=["gateway", "pages", "checkout_id", "checkout_until"])
        record(link, "page_opened", actor=LEAVER, now=now)
    return link


@service("payments")
@transaction.atomic
def record_setup(fact: SetupFact, *, actor: Actor, now: datetime) -> bool:
    """Keeps the card that was left by a link of ours, and makes it the one that is charged; says whether.

    Once for a link, whoever tells it: a message, a look-up, both at once. What an old card could not pay is
    charged again.
    """
    if fact.state != "complete" or fact.method is None:
        return False
    link = card_links.lock_card_link(fact.reference)
    if link is None or link.used_at is not None:
        return False
    if link.gateway != fact.gateway:
        note_odd("payments.card_left_elsewhere", link=link.reference, gateway=fact.gateway)
        return False
    method = save_method(fact.method, link.customer_id, actor=actor, now=now)
    link.used_at, link.kept = now, method
    link.save(update_fields=["used_at", "kept"])
    record(link, "card_left", actor=actor, now=now, brand=method.brand, last4=method.last4)
    add_facts(link=link.reference)
    return True


@service("payments")
def heard_of(*, references: list[str]) -> int:
    """That pages for a card are complete, by a gateway's verified word that does not name it: each is asked
    about by a job that joins the caller's transaction. Gives how many are ours."""
    waiting = CardLink.objects.filter(reference__in=references, used_at=None).order_by("pk")
    for pk in (ids := list(waiting.values_list("pk", flat=True))):
        app.configure_task(LOOK_UP, queue="gateways").defer(link_id=pk)
    return len(ids)


@service("payments")
def look_up_card(*, link_id: int, now: datetime) -> bool:
    """Asks the gateway whether a card was left, and keeps it; says whether. Raises `Conflict` when the
    gateway cannot be asked now."""
    link = CardLink.objects.filter(pk=link_id, used_at=None).exclude(checkout_id="").first()
    if link is None:
        return False
    try:
        fact = card_taker_named(link.gateway).find_setup(link.checkout_id)
    except GatewayError as trouble:
        raise Conflict(
            "lookup_unanswered", f"{link.reference} cannot be looked up now: {trouble}", retry_helps=True
        ) from trouble
    if fact is None:
        return False
    return record_setup(fact, actor=gateway_actor(link.gateway), now=now)


@service("payments")
def look_up_cards_due(*, now: datetime) -> int:
    """Asks about pages that were opened and of which no word came; how many cards were left on them."""
    rows = CardLink.objects.filter(used_at=None, checkout_until__gt=now - ASKED_FOR)
    rows = rows.exclude(checkout_id="")
    left = 0
    for pk in rows.order_by("checkout_until", "pk").values_list("pk", flat=True)[:BATCH]:
        try:
            left += look_up_card(link_id=pk, now=now)
        except Refused as trouble:  # quiet: the others go on, and this one is asked about again
            add_facts(**{f"unanswered_{pk}": trouble.code})
    add_facts(left=left)
    return left
