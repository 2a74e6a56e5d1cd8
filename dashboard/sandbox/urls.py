"""Where the sandbox gateway's own pages stand."""

from django.urls import path

from dashboard.sandbox import views

app_name = "sandbox"
urlpatterns = [
    path("pay/<str:checkout_id>/", views.pay, name="pay"),
    path("card/<str:page_id>/", views.card, name="card"),
]
