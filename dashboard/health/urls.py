from django.urls import path

from dashboard.health import views

app_name = "health"
urlpatterns = [
    path("", views.summary, name="summary"),
    path("live/", views.live, name="live"),
    path("details/", views.index, name="index"),
]
