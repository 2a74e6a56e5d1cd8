"""Where payouts stand."""

from django.urls import path

from dashboard.payouts import views

app_name = "payouts"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:reference>/", views.show, name="show"),
]
