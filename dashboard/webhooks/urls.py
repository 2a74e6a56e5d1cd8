"""Where gateways send their messages; Stripe is often given the address without its last slash."""

from django.urls import path

from dashboard.webhooks import intake

app_name = "webhooks"
urlpatterns = [
    path("stripe/", intake.take, {"source": "stripe"}, name="stripe"),
    path("stripe", intake.take, {"source": "stripe"}),
    path("sandbox/", intake.take, {"source": "sandbox"}, name="sandbox"),
    path("sandbox", intake.take, {"source": "sandbox"}),
]
