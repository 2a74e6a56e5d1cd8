"""Every address of the desk. A noun's screens are included as soon as its folder has them."""

from importlib import import_module
from importlib.util import find_spec

import structlog
from django.urls import URLPattern, URLResolver, include, path

from dashboard.access.thirdparty import declare_third_party
from dashboard.staff import profile

log = structlog.get_logger(__name__)

# Folder of dashboard, and where its screens stand.
NOUNS: tuple[tuple[str, str], ...] = (
    ("parts", ""),
    ("overview", ""),
    ("find", "find/"),
    ("work", "work/"),
    ("approvals", "approvals/"),
    ("customers", "customers/"),
    ("statements", "customers/"),
    ("subscriptions", "subscriptions/"),
    ("trials", "trials/"),
    ("commitments", "commitments/"),
    ("credits", "credits/"),
    ("usage", "usage/"),
    ("incidents", "incidents/"),
    ("catalog", "catalog/"),
    ("invoices", "invoices/"),
    ("credit_notes", "credit-notes/"),
    ("billing_runs", "billing-runs/"),
    ("payments", "payments/"),
    ("paying", "pay/"),
    ("sandbox", "sandbox/"),
    ("refunds", "refunds/"),
    ("disputes", "disputes/"),
    ("messages", "messages/"),
    ("payouts", "payouts/"),
    ("checkouts", "checkouts/"),
    ("imports", "imports/"),
    ("webhooks", "webhooks/"),
    ("views", "views/"),
    ("lists", "lists/"),
    ("runs", "runs/"),
    ("exports", "exports/"),
    ("audit", "audit/"),
    ("reports", "reports/"),
    ("staff", "staff/"),
    ("api", ""),
    ("health", "health/"),
    ("metrics", ""),
)


def built(folder: str) -> bool:
    """Whether the folder's screens can be reached. What does not load is left out with an error in the log,
    so that one broken noun does not take the whole desk down; tests/house/test_urls.py fails for it."""
    if find_spec(f"dashboard.{folder}") is None or find_spec(f"dashboard.{folder}.urls") is None:
        return False
    try:
        import_module(f"dashboard.{folder}.urls")
    except ImportError as error:
        log.error("screens_left_out", folder=folder, error=str(error))
        return False
    return True


urlpatterns: list[URLPattern | URLResolver] = [
    *(path(place, include(f"dashboard.{folder}.urls")) for folder, place in NOUNS if built(folder)),
    path("account/", include("dashboard.staff.account_urls")),
    path("account/email/", profile.email, name="account_email"),
    path("account/", include("allauth.urls")),
]
declare_third_party(urlpatterns)

handler400 = "dashboard.access.refusals.bad_request"
handler403 = "dashboard.access.refusals.not_permitted"
handler404 = "dashboard.access.refusals.not_found"
handler500 = "dashboard.access.refusals.broken"
