"""The log of events, and where gateways send them; Stripe may leave out the last slash."""

from django.urls import path

from dashboard.webhooks import intake, views

app_name = "webhooks"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:pk>/", views.show, name="show"),
    path("stripe/", intake.take, {"source": "stripe"}, name="stripe"),
    path("stripe", intake.take, {"source": "stripe"}),
    path("sandbox/", intake.take, {"source": "sandbox"}, name="sandbox"),
    path("sandbox", intake.take, {"source": "sandbox"}),
]
