"""Where commitments stand."""

from django.urls import path

from dashboard.commitments import doing, views

app_name = "commitments"
urlpatterns = [
    path("", views.index, name="index"),
    path("of/<str:reference>/", doing.new, name="new"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/cancellation/", doing.cancel, name="cancel"),
    path("<str:reference>/keeping/", doing.undo, name="undo"),
    path("<str:reference>/end/", doing.set_again, name="set_again"),
    path("<str:reference>/release/", doing.release, name="release"),
]
