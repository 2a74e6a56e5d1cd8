"""Where payments stand."""

from django.urls import path

from dashboard.payments import allocating, cards, charging, linking, views

app_name = "payments"
urlpatterns = [
    path("", views.index, name="index"),
    path("expiring/", cards.index, name="expiring"),
    path("charge/<str:reference>/", charging.charge, name="charge"),
    path("links/new/<str:reference>/", linking.new, name="link_new"),
    path("links/<str:reference>/", linking.show, name="link"),
    path("links/<str:reference>/revoke/", linking.revoke, name="link_revoke"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/allocate/", allocating.allocate, name="allocate"),
    path("<str:reference>/look-up/", charging.look_up, name="look_up"),
]
