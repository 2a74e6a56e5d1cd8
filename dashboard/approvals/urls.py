"""Where requests for approval stand, and the limits above which they are needed."""

from django.urls import path

from dashboard.approvals import limits, views

app_name = "approvals"
urlpatterns = [
    path("", views.index, name="index"),
    path("limits/", limits.index, name="limits"),
    path("limits/<str:role>/<str:action>/<str:currency>/", limits.update, name="limit"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/approval/", views.approve, name="approve"),
    path("<str:reference>/rejection/", views.reject, name="reject"),
    path("<str:reference>/withdrawal/", views.withdraw, name="withdraw"),
]
