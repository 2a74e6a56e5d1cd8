"""Where customers stand."""

from django.urls import path

from dashboard.customers import details, merging, views

app_name = "customers"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/story/", views.story, name="story"),
    path("<str:reference>/note/", views.note, name="note"),
    path("<str:reference>/billing-details/", details.details, name="details"),
    path("<str:reference>/tags/", views.tags, name="tags"),
    path("<str:reference>/merge/", merging.merge, name="merge"),
    path("<str:reference>/separate/", merging.separate, name="separate"),
    path("<str:reference>/preview/", views.preview, name="preview"),
]
