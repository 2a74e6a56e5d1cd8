"""Where the overview stands."""

from django.urls import path

from dashboard.overview import views

urlpatterns = [
    path("", views.index, name="overview"),
    path("overview/card/<slug:name>/", views.card, name="overview_card"),
    path("overview/counted/", views.counted, name="overview_counted"),
    path("overview/rows/<slug:name>/", views.rows_behind, name="overview_rows"),
    path("overview/movements/", views.movements, name="overview_movements"),
]
