"""Find anything."""

from django.urls import path

from dashboard.find import views

app_name = "find"
urlpatterns = [path("", views.index, name="index")]
