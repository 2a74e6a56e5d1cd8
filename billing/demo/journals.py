"""What the month's end does: revenue by schedule, payouts, exchange rates."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from billing.demo.book import SANDBOX, Book, Row
from billing.demo.world import Schedule, World
from billing.ledger import rules as ledger
from billing.money import Money, round_half_away

__all__ = ["close_month", "fix_rates", "pay_out"]

STARTING_RATES = {"USD": Decimal("0.9150"), "GBP": Decimal("1.1700")}


def fix_rates(book: Book, months: list[date]) -> None:
    """A rate per currency and month that wanders a little."""
    for currency, rate in STARTING_RATES.items():
        for month in months:
            rate = (rate * (1000 + book.random.randrange(-12, 13)) / 1000).quantize(Decimal("0.0001"))
            book.rates.setdefault(currency, []).append((month, rate))
            book.add("exchangerate", day=month, currency=currency, reporting_currency="EUR", rate=rate)


def close_month(world: World, at: datetime) -> None:
    """One journal per currency: what was rendered up to ``at``, the first moment of the next month."""
    book = world.book
    amounts: dict[str, int] = {}
    still: list[Schedule] = []
    for schedule in world.running:
        if schedule.invoice["state"] != "void":
            rendered = _rendered(schedule, at)
            currency = schedule.invoice["currency"]
            amounts[currency] = amounts.get(currency, 0) + rendered - schedule.recognised
            schedule.recognised = rendered
        if schedule.line["period_end"] > at and schedule.invoice["state"] != "void":
            still.append(schedule)
    world.running = still
    month = (at - timedelta(days=1)).strftime("%Y-%m")
    for currency in sorted(amounts):
        if amounts[currency] > 0:
            journal = ledger.service_rendered(
                f"{month}:{currency}", amount=Money(amounts[currency], currency)
            )
            book.post(journal, at - timedelta(seconds=1))


def _rendered(schedule: Schedule, at: datetime) -> int:
    start, end = schedule.line["period_start"], schedule.line["period_end"]
    days, passed = (end.date() - start.date()).days, (at.date() - start.date()).days
    if passed >= days or not days:
        return schedule.total
    whole = schedule.line["net_minor"]
    share = round_half_away(whole * Fraction(max(0, passed), days))
    if whole < 0:
        return share
    return min(schedule.total, max(schedule.recognised, share))


def pay_out(world: World, at: datetime) -> None:
    """The gateway sends what it holds to our bank, but for a tenth that it keeps back; two days later it is
    there."""
    book = world.book
    for currency in sorted(book.clearing):
        amount = book.clearing[currency] * 9 // 10
        if amount > 0:
            row = book.add(
                "payout",
                reference=book.mint.reference("PYT", at.date()),
                state="pending",
                currency=currency,
                amount_minor=amount,
                arrival_on=(at + timedelta(days=2)).date(),
                is_automatic=True,
                gateway="sandbox",
                gateway_id=book.gateway_id("sbx_po"),
                gateway_as_of=at,
                created_at=at,
            )
            money = Money(amount, currency)
            book.born("payout", row, at, SANDBOX, money=money)
            # What is on its way is no longer the gateway's to send again.
            book.clearing[currency] -= amount
            world.at(at + timedelta(days=2), arrive, row)


def arrive(world: World, at: datetime, row: Row) -> None:
    book = world.book
    book.clearing[row["currency"]] += row["amount_minor"]
    book.move("payout", row, "paid", at, SANDBOX, gateway_as_of=at, is_reconciled=True)
    drafted = ledger.payout(row["reference"], amount=Money(row["amount_minor"], row["currency"]))
    book.post(drafted, at, kind="payout", row=row, actor=SANDBOX)
