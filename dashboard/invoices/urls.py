"""Where invoices stand."""

from django.urls import path

from dashboard.invoices import papers, views

app_name = "invoices"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/pdf/", papers.pdf, name="pdf"),
]
