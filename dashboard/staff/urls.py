from django.urls import path

from dashboard.staff import views

app_name = "staff"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.show, name="show"),
    path("<int:pk>/roles/", views.roles, name="roles"),
    path("<int:pk>/deactivation/", views.deactivate, name="deactivate"),
    path("<int:pk>/reactivation/", views.reactivate, name="reactivate"),
    path("<int:pk>/invitation/", views.invitation, name="invitation"),
]
