"""Where usage stands."""

from django.urls import path

from dashboard.usage import views

app_name = "usage"
urlpatterns = [
    path("", views.index, name="index"),
    path("gaps/", views.gaps, name="gaps"),
    path("gaps/new/", views.note, name="note"),
    path("gaps/<int:pk>/closing/", views.close, name="close"),
    path("<str:reference>/", views.show, name="show"),
]
