"""The one job of a commitment: to set at the gateway what was decided here."""

from billing.jobs.row_jobs import RowJob

SET = RowJob("commitments.set_at_gateway", noun="commitment", queue="gateways")
