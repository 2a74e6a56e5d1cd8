from django.urls import path

from dashboard.staff import profile

app_name = "account"
urlpatterns = [
    path("", profile.index, name="index"),
    path("sessions/<int:pk>/end/", profile.end_session, name="end_session"),
]
