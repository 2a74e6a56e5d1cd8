"""Where tiers and their prices stand."""

from django.urls import path

from dashboard.catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:slug>/", views.show, name="show"),
]
