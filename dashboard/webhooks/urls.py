"""The log of events, and where gateways send them; they may leave out the last slash."""

from django.urls import path

from billing.webhooks.sources.registry import SOURCES
from dashboard.webhooks import intake, views, watching

app_name = "webhooks"
urlpatterns = [
    path("", views.index, name="index"),
    path("endpoints/", watching.index, name="endpoints"),
    path("endpoints/test/", watching.test, name="test"),
    path("endpoints/test/<slug:event_id>/", watching.watch, name="watch"),
    path("<int:pk>/", views.show, name="show"),
    path("<int:pk>/replay/", views.replay, name="replay"),
    path("<int:pk>/ignore/", views.ignore, name="ignore"),
    *(
        path(
            f"{source}{endpoint}{slash}", intake.take, {"source": source}, **({"name": name} if slash else {})
        )
        for source in SOURCES
        for endpoint, name in (("", source), ("/<slug:endpoint>", f"{source}_endpoint"))
        for slash in ("/", "")
    ),
]
