"""Where usage stands."""

from django.urls import path

from dashboard.usage import pushing, views

app_name = "usage"
urlpatterns = [
    path("", views.index, name="index"),
    path("gaps/", views.gaps, name="gaps"),
    path("gaps/new/", views.note, name="note"),
    path("gaps/<int:pk>/closing/", views.close, name="close"),
    path("gateways/", pushing.index, name="pushes"),
    path("gateways/new/", pushing.new, name="push_new"),
    path("gateways/<int:pk>/stopping/", pushing.stop, name="push_stop"),
    path("<str:reference>/", views.show, name="show"),
]
