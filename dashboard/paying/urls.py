"""Where customers pay."""

from django.urls import path

from dashboard.paying import views

app_name = "paying"
urlpatterns = [
    path("<str:address>/", views.pay, name="pay"),
    path("<str:address>/begin/", views.begin, name="begin"),
    path("<str:address>/check/", views.check, name="check"),
]
