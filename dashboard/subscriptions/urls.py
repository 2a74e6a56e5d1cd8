"""Where subscriptions stand."""

from django.urls import path

from dashboard.subscriptions import views

app_name = "subscriptions"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:reference>/", views.show, name="show"),
]
