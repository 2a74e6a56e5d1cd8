"""The one job of an end: to set it at the gateway."""

from billing.jobs.row_jobs import RowJob

SET = RowJob("gateway_ends.set_end", noun="end", queue="gateways")
