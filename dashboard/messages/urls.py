"""Where the log of messages and the texts stand."""

from django.urls import path

from dashboard.messages import about, templates, views

app_name = "messages"
urlpatterns = [
    path("", views.index, name="index"),
    path("texts/", templates.index, name="templates"),
    path("texts/<slug:kind>/<str:language>/", templates.update, name="template"),
    path("texts/<slug:kind>/<str:language>/versions/", templates.history, name="versions"),
    path("refunds/<str:reference>/", about.refund, name="about_refund"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/resend/", views.resend, name="resend"),
    path("<str:reference>/retry/", views.retry, name="retry"),
]
