"""Billing what is due: the verbs of this floor."""

from billing.billing_run.forecasting import forecast
from billing.billing_run.running import work_on
from billing.billing_run.starting import start_dry_run, start_run, start_scheduled, take_up_silent
from billing.billing_run.steering import cancel, pause, resume, retry_failed

__all__ = [
    "cancel",
    "forecast",
    "pause",
    "resume",
    "retry_failed",
    "start_dry_run",
    "start_run",
    "start_scheduled",
    "take_up_silent",
    "work_on",
]
