from django.urls import include, path

from dashboard.api import views
from dashboard.api.calls import patterns

app_name = "api"
urlpatterns = [
    path("api/v1/", include((patterns, "api-v1"))),
    path("api-keys/", views.index, name="index"),
    path("api-keys/new/", views.new, name="new"),
    path("api-keys/<int:pk>/revocation/", views.revoke, name="revoke"),
]
