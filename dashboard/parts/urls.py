"""What the shell itself asks for, and the kit: every part once."""

from django.urls import path

from dashboard.parts import views

app_name = "parts"
urlpatterns = [
    path("desk/counts/", views.counts, name="counts"),
    path("desk/theme/", views.theme, name="theme"),
    path("desk/token/", views.token, name="token"),
    path("desk/kit/", views.kit, name="kit"),
    path("desk/kit/dialog/", views.kit_dialog, name="kit_dialog"),
    path("desk/kit/list/", views.kit_list, name="kit_list"),
    path("desk/kit/list/<str:reference>/", views.kit_peek, name="kit_peek"),
]
