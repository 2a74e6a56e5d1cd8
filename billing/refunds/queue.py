"""The one job of a refund: to submit it."""

from billing.jobs.row_jobs import RowJob

SUBMIT = RowJob("refunds.submit", noun="refund", queue="gateways")
enqueue_submit = SUBMIT.enqueue
