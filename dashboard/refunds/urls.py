"""Where refunds stand."""

from django.urls import path

from dashboard.refunds import views

app_name = "refunds"
urlpatterns = [
    path("", views.index, name="index"),
    path("choose/", views.choose, name="choose"),
    path("of/<str:reference>/", views.new, name="new"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/seen/", views.seen, name="seen"),
    path("<str:reference>/withdrawal/", views.withdraw, name="withdraw"),
]
