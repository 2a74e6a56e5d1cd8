"""Where credits stand."""

from django.urls import path

from dashboard.credits import doing, views

app_name = "credits"
urlpatterns = [
    path("", views.index, name="index"),
    path("by-hand/", views.by_hand, name="by_hand"),
    path("for/<str:reference>/", doing.give, name="give"),
    path("lots/<int:pk>/taking-back/", doing.take_back, name="take_back"),
    path("lots/<int:pk>/end/", doing.move_expiry, name="move_expiry"),
    path("movements/<int:pk>/reversal/", doing.reverse_entry, name="reverse"),
    path("<int:pk>/", views.show, name="show"),
    path("<int:pk>/transfer/", doing.transfer, name="transfer"),
]
