"""Where invoices stand."""

from django.urls import path

from dashboard.invoices import acting, giving_up, papers, sending, views

app_name = "invoices"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:reference>/", views.show, name="show"),
    path("<str:reference>/pdf/", papers.pdf, name="pdf"),
    path("<str:reference>/send/", sending.send, name="send"),
    path("<str:reference>/void/", acting.void, name="void"),
    path("<str:reference>/correct/", acting.correct, name="correct"),
    path("<str:reference>/outside/", acting.outside, name="outside"),
    path("<str:reference>/write-off/", giving_up.view, name="write_off"),
    path("<str:reference>/finalise/", acting.finalise, name="finalise"),
    path("<str:reference>/discard/", acting.discard, name="discard"),
]
