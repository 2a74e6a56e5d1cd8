"""Where trials stand."""

from django.urls import path

from dashboard.trials import views

app_name = "trials"
urlpatterns = [
    path("", views.index, name="index"),
    path("clusters/", views.clusters, name="clusters"),
    path("clusters/<int:pk>/", views.cluster, name="cluster"),
    path("conversion/", views.conversion, name="conversion"),
    path("<str:reference>/", views.show, name="show"),
]
