"""Where billing runs stand."""

from django.urls import path

from dashboard.billing_runs import views

app_name = "billing_runs"
urlpatterns = [
    path("", views.index, name="index"),
    path("due/", views.due, name="due"),
    path("new/", views.new, name="new"),
    path("dry/", views.dry, name="dry"),
    path("<int:pk>/", views.show, name="show"),
    path("<int:pk>/progress/", views.progress, name="progress"),
    path("<int:pk>/pause/", views.pause, name="pause"),
    path("<int:pk>/resume/", views.resume, name="resume"),
    path("<int:pk>/retry/", views.retry, name="retry"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
]
