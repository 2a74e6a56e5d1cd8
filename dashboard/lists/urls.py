"""Saved views, and what is done to many rows at once."""

from django.urls import path

from dashboard.lists import bulk, saving

app_name = "lists"
urlpatterns = [
    path("<slug:screen>/bulk/<slug:action>/", bulk.ask, name="bulk"),
    path("<slug:screen>/views/new/", saving.save, name="save"),
    path("views/<int:pk>/", saving.edit, name="edit"),
    path("views/<int:pk>/delete/", saving.delete, name="delete"),
]
