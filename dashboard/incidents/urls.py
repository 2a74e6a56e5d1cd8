"""Where outages, and what was credited for them, stand."""

from django.urls import path

from dashboard.incidents import doing, views

app_name = "incidents"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", doing.new, name="new"),
    path("credits/", views.credits, name="credits"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/credit/", doing.credit, name="credit"),
    path("<str:reference>/withdrawal/", doing.withdraw, name="withdraw"),
]
