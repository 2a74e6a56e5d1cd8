"""Where credit notes stand."""

from django.urls import path

from dashboard.credit_notes import views

app_name = "credit_notes"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/pdf/", views.pdf, name="pdf"),
]
