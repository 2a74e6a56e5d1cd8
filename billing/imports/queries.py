"""Reading imports."""

from datetime import datetime

from billing.jobs.models import Run

KIND = "stripe_import"
LATEST = 5


def latest_import() -> Run | None:
    return Run.objects.filter(kind=KIND).order_by("-created_at", "-pk").first()


def asked_at(kind: str) -> datetime | None:
    """When an import last began to ask for this kind of object.

    What it found as it was known wrote nothing, so a row's own `gateway_as_of` may be older than this: a
    message from before this moment is not to be believed without asking.
    """
    results = Run.objects.filter(kind=KIND).order_by("-created_at", "-pk").values_list("result", flat=True)
    told = [result.get(kind, {}).get("asked_at") for result in results[:LATEST]]
    return max((datetime.fromisoformat(each) for each in told if each), default=None)
