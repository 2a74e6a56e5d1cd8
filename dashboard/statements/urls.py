"""Where a customer's statement stands: below the customer."""

from django.urls import path

from dashboard.statements import views

app_name = "statements"
urlpatterns = [path("<str:reference>/statement/", views.show, name="show")]
