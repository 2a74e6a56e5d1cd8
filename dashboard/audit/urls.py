"""Where the audit trail stands."""

from django.urls import path

from dashboard.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.index, name="index"),
    path("reads/", views.reads, name="reads"),
    path("outside/", views.outside, name="outside"),
    path("outside/<slug:table>/<int:pk>/", views.change, name="change"),
    path("seals/", views.seals, name="seals"),
    path("access/", views.access, name="access"),
    path("access/review.csv", views.access_csv, name="access_csv"),
    path("access/review.pdf", views.access_pdf, name="access_pdf"),
    path("<int:pk>/", views.show, name="show"),
]
