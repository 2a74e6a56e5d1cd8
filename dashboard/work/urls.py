"""Where everybody's own work stands, and what can be done with whatever stands in a queue."""

from django.urls import path

from dashboard.work import views

app_name = "work"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:kind>/<str:key>/assign/", views.assign, name="assign"),
    path("<slug:kind>/<str:key>/snooze/", views.snooze, name="snooze"),
    path("<slug:kind>/<str:key>/follow-up/", views.follow_up, name="follow_up"),
    path("<slug:kind>/<str:key>/done/", views.done, name="done"),
    path("<slug:kind>/<str:key>/release/", views.release, name="release"),
    path("<slug:kind>/<str:key>/wake/", views.wake, name="wake"),
]
