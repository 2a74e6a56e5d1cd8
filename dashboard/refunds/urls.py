"""Where refunds stand."""

from django.urls import path

from dashboard.refunds import month, of_invoice, views

app_name = "refunds"
urlpatterns = [
    path("", views.index, name="index"),
    path("choose/", views.choose, name="choose"),
    path("month/", month.month, name="month"),
    path("of/<str:reference>/", views.new, name="new"),
    path("invoice/<str:reference>/", of_invoice.new, name="of_invoice"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/seen/", views.seen, name="seen"),
    path("<str:reference>/withdrawal/", views.withdraw, name="withdraw"),
]
