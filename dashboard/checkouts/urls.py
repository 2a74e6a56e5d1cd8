"""Where checkouts stand."""

from django.urls import path

from dashboard.checkouts import views

app_name = "checkouts"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:reference>/", views.show, name="show"),
]
