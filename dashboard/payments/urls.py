"""Where payments stand."""

from django.urls import path

from dashboard.payments import allocating, views

app_name = "payments"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/allocate/", allocating.allocate, name="allocate"),
]
