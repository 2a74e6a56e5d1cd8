"""What Halden's tiers give, and the packages it sells: features, quotas, credits, and a few purchases."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from billing.checkouts.buying import write_purchase
from billing.checkouts.clearing import expire
from billing.checkouts.models import CheckoutSession
from billing.checkouts.paging import record_page
from billing.customers.models import Customer
from billing.demo.book import Book, Row
from billing.errors import Refused
from billing.gateways.facts import AttemptFact, PageFact, PaymentFact
from billing.gateways.models import SandboxObject
from billing.gateways.sandbox_charges import page_fact
from billing.history.actors import Actor, gateway, system
from billing.payments.services import record_payment

__all__ = ["lay_out", "make_purchases", "page_of", "paid_fact"]

#: slug, name, description
FEATURES = (
    ("api", "API", "Read and write rows from programs."),
    ("chat-help", "Chat", "Help by chat, on working days."),
    ("sso", "Single sign-on", "With any identity provider."),
    ("audit-export", "Audit export", "Every change, as files."),
    ("named-contact", "A named contact", ""),
)
#: slug, name, unit, aggregation, rounding
METERS = (
    ("api-calls", "API calls", "call", "sum", "none"),
    ("rows", "Rows kept", "row", "last", "none"),
    ("active-seats", "Active seats", "seat", "unique", "none"),
    ("compute-minutes", "Compute", "minute", "sum", "up"),
)
GIVEN = {
    "starter": ("chat-help",),
    "pro": ("api", "chat-help"),
    "business": ("api", "chat-help", "sso", "audit-export", "named-contact"),
}
#: tier, meter, limit, per, past, credit unit, credits for each
QUOTAS = (
    ("free", "rows", 500, "month", "hard", "", None),
    ("starter", "rows", 10_000, "month", "hard", "", None),
    ("starter", "compute-minutes", 60, "day", "hard", "", None),
    ("pro", "rows", 250_000, "month", "soft", "", None),
    ("pro", "api-calls", 100_000, "month", "credits", "tokens", 2),
    ("pro", "compute-minutes", 600, "day", "credits", "tokens", 10),
    ("business", "rows", None, "month", "hard", "", None),
    ("business", "api-calls", 2_000_000, "period", "soft", "", None),
    ("business", "active-seats", 500, "period", "soft", "", None),
)
#: tier, unit, amount, per, rollover, cap
CREDITS = (
    ("pro", "tokens", 20_000, "month", "none", None),
    ("business", "tokens", 100_000, "month", "capped", 200_000),
    ("business", "ai_requests", 500, "month", "none", None),
)
#: slug, name, description, unit, units, days, prices
PACKAGES = (
    ("tokens-10k", "10,000 tokens", "For a busy week.", "tokens", 10_000, 365,
     {"EUR": 900, "USD": 1000, "GBP": 800}),
    ("tokens-100k", "100,000 tokens", "For a busy quarter.", "tokens", 100_000, None,
     {"EUR": 7900, "USD": 8500, "GBP": 6900}),
    ("ai-500", "500 AI requests", "", "ai_requests", 500, 365, {"EUR": 1500, "USD": 1600, "GBP": 1300}),
)  # fmt: skip
#: the older price of a package that was made cheaper
BEFORE = ("tokens-100k", {"EUR": 8900, "USD": 9500, "GBP": 7900})
CARDS = (("visa", "4242"), ("mastercard", "4444"), ("visa", "1881"))
MOST = 6


def lay_out(book: Book, at: datetime) -> None:
    """Features, meters, what each tier gives of them, and packages with their prices."""
    features = {
        slug: book.add("feature", slug=slug, name=name, description=text, created_at=at)
        for slug, name, text in FEATURES
    }
    meters = {
        slug: book.add(
            "meter", slug=slug, name=name, unit=unit, aggregation=counts, rounding=rounds, created_at=at
        )
        for slug, name, unit, counts, rounds in METERS
    }
    for slug, given in GIVEN.items():
        for each in given:
            book.add("tierfeature", tier_id=book.tiers[slug]["id"], feature_id=features[each]["id"])
    for slug, meter, limit, per, past, unit, each_costs in QUOTAS:
        book.add(
            "quota", tier_id=book.tiers[slug]["id"], meter_id=meters[meter]["id"], limit=limit, per=per,
            past=past, credit_unit=unit, credits_each=each_costs,
        )  # fmt: skip
    for slug, unit, amount, per, rollover, cap in CREDITS:
        book.add(
            "tiercredits", tier_id=book.tiers[slug]["id"], unit=unit, amount=amount, per=per,
            rollover=rollover, rollover_cap=cap,
        )  # fmt: skip
    book.tiers["free"]["is_default"] = True
    for rank, (slug, name, text, unit, units, days, prices) in enumerate(PACKAGES):
        package = book.add(
            "tokenpackage", slug=slug, name=name, description=text, unit=unit, rank=rank, created_at=at
        )
        for currency, minor in prices.items():
            older = BEFORE[1].get(currency) if slug == BEFORE[0] else None
            if older is not None:
                _price(book, package, currency, older, units, days, 1, at, is_active=False)
            since = book.now - timedelta(days=40) if older is not None else at
            _price(book, package, currency, minor, units, days, 2 if older is not None else 1, since)


def _price(
    book: Book,
    package: Row,
    currency: str,
    minor: int,
    units: int,
    days: int | None,
    version: int,
    at: datetime,
    *,
    is_active: bool = True,
) -> None:
    book.add(
        "packageprice", package_id=package["id"], currency=currency, amount_minor=minor, units=units,
        valid_days=days, version=version, is_active=is_active, created_at=at,
    )  # fmt: skip


def make_purchases(people: Sequence[Actor], *, now: datetime) -> int:
    """A few who bought a package through the services themselves, one who gave up and one who has not paid
    yet; says how many paid."""
    if not people:
        return 0
    buyers = Customer.objects.filter(
        subscriptions__state="active", credit_accounts__unit="tokens", credit_accounts__balance__gte=0
    ).exclude(country="")
    paid, at = 0, now - timedelta(minutes=30)
    for place, buyer in enumerate(buyers.order_by("-pk").distinct()[: MOST + 2]):
        package = PACKAGES[place % len(PACKAGES)][0]
        try:
            session = write_purchase(
                buyer.pk, package, 1 + place // 4, "", f"demo:{place}", system("host"), at, "sandbox"
            )
        except Refused:  # quiet: this one cannot buy (a tax rule wants more), and the next one has its turn
            continue
        session = record_page(session.pk, page_of(session, is_open=place > MOST), now=at)
        if place == MOST:
            expire(session.pk, now=now)
        elif place < MOST:
            fact = paid_fact(session, f"sbx_pay_package_{place}", place, now)
            record_payment(fact, actor=gateway("sandbox"), now=now)
            paid += 1
    return paid


def page_of(session: CheckoutSession, *, is_open: bool) -> PageFact:
    """The sandbox's page, as it would have made it: nothing is called while a demo is written."""
    made = SandboxObject.objects.create(
        id=f"sbx_cs_{session.reference}",
        kind="checkout",
        idempotency_key=f"page:{session.reference}",
        body={
            "amount_minor": session.amount_minor,
            "currency": session.currency,
            "reference": session.reference,
            "customer": "",
            "description": session.payment.description if session.payment else "",
            "return_url": session.return_url,
            "expires_at": session.expires_at.isoformat() if session.expires_at else "",
            "state": "open" if is_open else "closed",
        },
        created_at=session.created_at,
    )
    return page_fact(made)


def paid_fact(session: CheckoutSession, gateway_id: str, place: int, now: datetime) -> PaymentFact:
    """What the sandbox would tell of a page that was paid twenty minutes ago."""
    brand, last4 = CARDS[place % len(CARDS)]
    at = now - timedelta(minutes=20)
    amount = session.amount_minor or 0
    tried = AttemptFact(
        gateway="sandbox", gateway_id=f"{gateway_id}_1", at=at, state="succeeded", amount_minor=amount,
        as_of=at, captured_minor=amount, method_kind="card", card_brand=brand, card_last4=last4,
    )  # fmt: skip
    return PaymentFact(
        gateway="sandbox", gateway_id=gateway_id, customer_id="", state="succeeded",
        currency=session.currency, amount_minor=amount, captured_minor=amount, created_at=at, as_of=at,
        succeeded_at=at, reference=session.reference, attempts=(tried,),
    )  # fmt: skip
