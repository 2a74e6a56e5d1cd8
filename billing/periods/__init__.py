"""Billing periods and calendar months, computed in one zone and kept in UTC."""

from billing.periods.intervals import Interval, Unit, add_interval, nth_period, period_at, period_number
from billing.periods.months import add_months, day_of, month_of, month_period, month_starts, months_between
from billing.periods.period import BILLING_ZONE, Period

__all__ = [
    "BILLING_ZONE",
    "Interval",
    "Period",
    "Unit",
    "add_interval",
    "add_months",
    "day_of",
    "month_of",
    "month_period",
    "month_starts",
    "months_between",
    "nth_period",
    "period_at",
    "period_number",
]
