"""What Halden sells: four tiers in three currencies, two of them with an older price some still pay."""

from datetime import datetime, timedelta
from typing import Any, Literal

from billing.demo.book import Book
from billing.demo.selling import lay_out

__all__ = ["PAID", "TIERS", "open_shop", "raise_prices"]

type Interval = Literal["month", "year"]

#: slug, name, description, trial days, features
TIERS = (
    ("free", "Free", "One workspace, for as long as you like.", 0,
     ["1 workspace", "500 rows", "Community help"]),
    ("starter", "Starter", "For one person's work.", 14, ["3 workspaces", "10,000 rows", "E-mail help"]),
    ("pro", "Pro", "For a team that ships.", 14, ["Unlimited workspaces", "250,000 rows", "API", "Chat"]),
    ("business", "Business", "For companies with rules.", 0,
     ["Everything in Pro", "Single sign-on", "Audit export", "A named contact", "99.9 % uptime"]),
)  # fmt: skip
PAID = ("starter", "pro", "business")
CURRENCIES = ("EUR", "USD", "GBP")
#: minor units a seat and month, of version 1
AMOUNTS = {
    "free": {"EUR": 0, "USD": 0, "GBP": 0},
    "starter": {"EUR": 900, "USD": 1000, "GBP": 800},
    "pro": {"EUR": 2900, "USD": 3200, "GBP": 2600},
    "business": {"EUR": 5900, "USD": 6500, "GBP": 5200},
}
#: what version 2 costs, and how many days before the end of the book it came
RAISES = {
    "pro": (420, {"EUR": 3400, "USD": 3700, "GBP": 3000}),
    "starter": (150, {"EUR": 1100, "USD": 1200, "GBP": 950}),
}
MONTHS_OF_A_YEAR = 10  # two months free


def open_shop(book: Book, at: datetime) -> None:
    """The tiers and the first version of every price."""
    for rank, (slug, name, description, trial_days, features) in enumerate(TIERS):
        tier = book.add(
            "tier",
            slug=slug,
            name=name,
            description=description,
            rank=rank * 10,
            trial_days=trial_days,
            features=features,
            created_at=at,
        )
        book.tiers[slug] = tier
        for currency in CURRENCIES:
            _both_intervals(book, tier, currency, AMOUNTS[slug][currency], 1, at)
    lay_out(book, at)


def raise_prices(book: Book) -> list[tuple[datetime, str]]:
    """When which tier gets its second version."""
    return [(book.now - timedelta(days=days), slug) for slug, (days, _) in RAISES.items()]


def raise_price(book: Book, slug: str, at: datetime) -> None:
    """A change is a new price; who pays the older one goes on paying it until they are moved."""
    for currency, amount in RAISES[slug][1].items():
        for unit in ("month", "year"):
            older = book.prices[slug, currency, unit]
            older["is_active"] = False
        _both_intervals(book, book.tiers[slug], currency, amount, 2, at)


def _both_intervals(
    book: Book, tier: dict[str, Any], currency: str, amount: int, version: int, at: datetime
) -> None:
    for unit, times in (("month", 1), ("year", MONTHS_OF_A_YEAR)):
        book.prices[tier["slug"], currency, unit] = book.add(
            "price",
            tier_id=tier["id"],
            currency=currency,
            unit_amount_minor=amount * times,
            interval_unit=unit,
            interval_count=1,
            version=version,
            is_active=True,
            created_at=at,
        )
