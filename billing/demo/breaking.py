"""Two outages of Halden's: one that was credited to whom it hit, one that was only recorded so far."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from billing.catalog.models import Meter
from billing.errors import Refused
from billing.history.actors import Actor
from billing.incidents.services import begin_credits, record_incident
from billing.jobs.services import do_run

__all__ = ["have_outages"]


def have_outages(people: Sequence[Actor], *, now: datetime) -> int:
    """Records both, and gives the credits of the first; says how many were credited."""
    day = (now - timedelta(days=5)).replace(hour=8, minute=0, second=0, microsecond=0)
    first, second = day, (day + timedelta(days=3)).replace(hour=13)
    credited = 0
    try:
        incident = record_incident(
            title="API calls were refused",
            meter=Meter.objects.get(slug="api-calls"),
            starts_at=first,
            ends_at=first + timedelta(hours=9, minutes=30),
            reason="A certificate had run out; the status page has the whole story.",
            actor=people[-1],
            now=first + timedelta(hours=26),
            form_key="halden-outage-1",
        )
        runs = begin_credits(
            incident_id=incident.pk,
            note="We now renew certificates a month before they end.",
            write_to_customer=True,
            actor=people[-1],
            now=first + timedelta(hours=27),
            form_key="halden-credits-1",
        )
        credited = sum(do_run(run_id=run.pk, clock=lambda: first + timedelta(hours=27)).done for run in runs)
        record_incident(
            title="Jobs waited for machines",
            meter=Meter.objects.get(slug="compute-minutes"),
            starts_at=second,
            ends_at=second + timedelta(hours=4, minutes=15),
            reason="Frankfurt had no room; see the incident of that day.",
            actor=people[0],
            now=second + timedelta(hours=20),
            form_key="halden-outage-2",
        )
    except Refused:  # quiet: nobody of a small company used it at that time
        return credited
    return credited
