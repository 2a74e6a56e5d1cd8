"""Find anything: what a text typed by a person at the desk is the name of, among millions of rows.

Each way of looking is an equality or a prefix on an index, newest first and limited, so that a search costs
the same whatever the number of rows.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

from django.contrib.postgres.search import SearchQuery
from django.db.models import Case, F, Model, Q, QuerySet, When
from django.db.models.functions import Lower, Right

from billing.ids import Recognised, classify
from billing.models import (
    CreditNote,
    Customer,
    Dispute,
    Identity,
    Invoice,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    Refund,
    Subscription,
    WebhookEvent,
)
from billing.money import exponent
from reports.search import objects
from reports.search.hits import Group, Hit

LIMIT = 6
MOST_PEOPLE = 50
GATEWAYS = ("stripe", "sandbox", "paypal", "yookassa")
SHORT = 8
ONE_PER_EXPONENT = ("EUR", "JPY", "KWD")

Show = Callable[..., list[Hit]]
NOUNS: tuple[tuple[str, str, type[Model], Show], ...] = (
    ("Customers", "customers.view", Customer, objects.customers),
    ("Payments", "payments.view", Payment, objects.payments),
    ("Refunds", "refunds.view", Refund, objects.refunds),
    ("Invoices", "invoices.view", Invoice, objects.invoices),
    ("Subscriptions", "subscriptions.view", Subscription, objects.subscriptions),
    ("Disputes", "disputes.view", Dispute, objects.disputes),
    ("Credit notes", "invoices.view", CreditNote, objects.credit_notes),
)
PREFIXES = {"CUS": Customer, "PAY": Payment, "REF": Refund, "INV": Invoice, "SUB": Subscription}

QUOTES = str.maketrans("", "", "'\\")


def find(text: str, may: Callable[[str], bool]) -> list[Group]:
    """Groups of hits for ``text``, only of kinds for which ``may(permission)``; empty for an empty text."""
    what = classify(text)
    ways: dict[str, Callable[[Recognised], Iterable[tuple[str, str, list[Hit]]]]] = {
        "reference": _by_reference,
        "gateway_id": _by_gateway_id,
        "invoice_number": _by_invoice_number,
        "card_last4": _by_card,
        "card_number": _by_card,
        "email": _by_email,
        "amount": _by_amount,
        "text": _by_words,
    }
    way = ways.get(what.kind)
    found = way(what) if way else ()
    return [Group(label, tuple(hits)) for label, permission, hits in found if hits and may(permission)]


def _newest(rows: QuerySet) -> QuerySet:
    return rows.order_by("-created_at", "-id")[:LIMIT]


def _by_reference(what: Recognised) -> Iterable[tuple[str, str, list[Hit]]]:
    for label, permission, model, show in NOUNS:
        if PREFIXES.get(what.noun or "", model) is model:
            yield label, permission, show(model._default_manager.filter(reference=what.value), what.value)
    if what.noun == "INV":
        yield from _by_invoice_number(what)


def _by_short_reference(text: str) -> Iterable[tuple[str, str, list[Hit]]]:
    """The last eight characters of a reference, as people read them out."""
    for label, permission, model, show in NOUNS[:3]:
        rows = model._default_manager.annotate(tail=Right("reference", SHORT)).filter(tail=text)[:LIMIT]
        yield label, permission, show(rows, text)


def _by_gateway_id(what: Recognised) -> Iterable[tuple[str, str, list[Hit]]]:
    known = Q(gateway__in=GATEWAYS, gateway_id=what.value)
    for label, permission, model, show in NOUNS:
        rows = model._default_manager.filter(known)
        if model is Payment:
            tried = PaymentAttempt.objects.filter(known).values("payment_id")
            rows = model._default_manager.filter(known | Q(pk__in=tried))
        yield label, permission, show(rows[:LIMIT], what.value)
    events = WebhookEvent.objects.filter(
        Q(source__in=GATEWAYS, event_id=what.value) | Q(object_id=what.value)
    )
    yield (
        "Webhook events",
        "webhooks.view",
        objects.events(events.order_by("-happened_at")[:LIMIT], what.value),
    )


def _by_invoice_number(what: Recognised) -> Iterable[tuple[str, str, list[Hit]]]:
    ours = what.value if what.value.startswith("INV-") else f"INV-{what.value}"
    rows = Invoice.objects.filter(
        Q(number__startswith=ours) | Q(number=what.value) | Q(foreign_number=what.value)
    )
    yield "Invoices", "invoices.view", objects.invoices(rows.order_by("number")[:LIMIT], what.value)
    notes = CreditNote.objects.filter(Q(number=what.value) | Q(foreign_number=what.value))
    yield "Credit notes", "invoices.view", objects.credit_notes(notes[:LIMIT], what.value)


def _by_card(what: Recognised) -> Iterable[tuple[str, str, list[Hit]]]:
    payments = Payment.objects.filter(card_last4=what.value)
    yield "Payments", "payments.view", objects.payments(_newest(payments), what.value)
    holders = PaymentMethod.objects.filter(last4=what.value, detached_at=None).values("customer_id")
    customers = Customer.objects.filter(pk__in=holders.order_by("-id")[:LIMIT])
    yield "Customers with this card", "customers.view", objects.customers(customers)


def _by_email(what: Recognised) -> Iterable[tuple[str, str, list[Hit]]]:
    people = Identity.objects.annotate(lowered=Lower("email")).filter(lowered=what.value.lower())
    yield (
        "Customers",
        "customers.view",
        objects.customers(Customer.objects.filter(pk__in=people.values("customer_id")[:LIMIT])),
    )


def _by_amount(what: Recognised) -> Iterable[tuple[str, str, list[Hit]]]:
    currencies = (what.currency,) if what.currency else ONE_PER_EXPONENT
    minors = {minor for currency in currencies if (minor := _minor(what.value, currency)) is not None}
    currency = {"currency": what.currency} if what.currency else {}
    # The order is the index's own, so that a common amount costs no more than a rare one.
    payments = Payment.objects.filter(amount_minor__in=minors, **currency).order_by("-amount_minor", "-id")
    yield "Payments", "payments.view", objects.payments(payments[:LIMIT], what.value)
    refunds = Refund.objects.filter(amount_minor__in=minors, **currency).order_by("-amount_minor", "-id")
    yield "Refunds", "refunds.view", objects.refunds(refunds[:LIMIT], what.value)
    invoices = Invoice.objects.filter(total_minor__in=minors, **currency).order_by("-total_minor", "-id")
    yield "Invoices", "invoices.view", objects.invoices(invoices[:LIMIT], what.value)


def _minor(written: str, currency: str) -> int | None:
    """Whole minor units of a number as typed, with thousands commas; None when the currency has no such."""
    try:
        units = Decimal(written.replace(",", "").replace(" ", "")) * 10 ** exponent(currency)
    except InvalidOperation:
        return None
    return int(units) if units == units.to_integral_value() and 0 < units < 10**15 else None


def _by_words(what: Recognised) -> Iterable[tuple[str, str, list[Hit]]]:
    typed = what.value.upper()
    if len(typed) == SHORT and typed.isalnum():
        yield from _by_short_reference(typed)
    words = [word for word in "".join(c if c.isalnum() else " " for c in what.value).split() if word][:6]
    if not words:
        return
    # Also as written: "S.A." is one word to the database, and "s & a" would not find it.
    written = [word.translate(QUOTES) for word in what.value.split() if any(map(str.isalnum, word))][:6]
    asked = " & ".join(f"{word}:*" for word in words), " & ".join(f"'{word}':*" for word in written)
    query = SearchQuery("({}) | ({})".format(*asked), search_type="raw", config="simple")
    # Who is called just so stands before those whose names only begin so, however new these are.
    just_so = _people(SearchQuery(" & ".join(words), search_type="raw", config="simple"))
    rows = Customer.objects.filter(pk__in={*just_so, *_people(query)}).order_by(
        Case(When(pk__in=just_so, then=0), default=1), F("created_at").desc(), "-id"
    )
    yield "Customers", "customers.view", objects.customers(rows[:LIMIT], what.value)


def _people(query: SearchQuery) -> list[int]:
    return list(Identity.objects.filter(search=query).values_list("customer_id", flat=True)[:MOST_PEOPLE])
