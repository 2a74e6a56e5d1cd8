"""Where customers pay, and leave a card."""

from django.urls import path

from dashboard.paying import cards, views

app_name = "paying"
urlpatterns = [
    path("card/<str:token>/", cards.card, name="card"),
    path("card/<str:token>/begin/", cards.begin, name="card_begin"),
    path("card/<str:token>/check/", cards.check, name="card_check"),
    path("<str:address>/", views.pay, name="pay"),
    path("<str:address>/begin/", views.begin, name="begin"),
    path("<str:address>/check/", views.check, name="check"),
]
