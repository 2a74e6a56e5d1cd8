from django.urls import path

from dashboard.metrics import views

app_name = "metrics"
urlpatterns = [
    path("metrics", views.scrape, name="scrape"),
    path("metrics/", views.scrape, name="scrape_with_slash"),
    path("alerts/", views.index, name="index"),
    path("alerts/<int:pk>/acknowledgement/", views.acknowledge, name="acknowledge"),
]
