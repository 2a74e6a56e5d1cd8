"""Where subscriptions stand."""

from django.urls import path

from dashboard.subscriptions import doing, starting, views

app_name = "subscriptions"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/<str:reference>/", starting.start, name="start"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/change/", doing.change, name="change"),
    path("<str:reference>/change/undo/", doing.undo_change, name="undo_change"),
    path("<str:reference>/cancel/", doing.cancel, name="cancel"),
    path("<str:reference>/cancel/undo/", doing.undo_cancel, name="undo_cancel"),
    path("<str:reference>/pause/", doing.pause, name="pause"),
    path("<str:reference>/resume/", doing.resume, name="resume"),
    path("<str:reference>/trial/", doing.extend_trial, name="extend_trial"),
    path("<str:reference>/date/", doing.move_date, name="move_date"),
    path("<str:reference>/restart/", starting.restart, name="restart"),
]
