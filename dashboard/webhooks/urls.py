"""The log of events, and where gateways send them; they may leave out the last slash."""

from django.urls import path

from billing.webhooks.sources.registry import SOURCES
from dashboard.webhooks import intake, views

app_name = "webhooks"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:pk>/", views.show, name="show"),
    *(
        path(
            f"{source}{endpoint}{slash}", intake.take, {"source": source}, **({"name": name} if slash else {})
        )
        for source in SOURCES
        for endpoint, name in (("", source), ("/<slug:endpoint>", f"{source}_endpoint"))
        for slash in ("/", "")
    ),
]
