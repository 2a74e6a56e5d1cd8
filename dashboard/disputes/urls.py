"""Where disputes stand."""

from django.urls import path

from dashboard.disputes import views

app_name = "disputes"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/prepared/", views.prepared, name="prepared"),
    path("<str:reference>/evidence.pdf", views.evidence, name="evidence"),
]
