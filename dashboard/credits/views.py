"""Credits: the list of accounts, what people did, and an account's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.credits.models import CreditAccount
from dashboard.access import who_may
from dashboard.credits import page
from dashboard.credits.screen import ACCOUNTS, BY_HAND
from dashboard.lists.answer import list_view

index = list_view(ACCOUNTS)
by_hand = list_view(BY_HAND)


def account_or_404(pk: int) -> CreditAccount:
    found = CreditAccount.objects.select_related("customer__identity").filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such credit account.")
    return found


@require_safe
@who_may("credits.view")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The account; `before` goes on in its ledger, `at` begins with one movement, `movement` narrows it."""
    account = account_or_404(pk)
    wanted = page.Wanted.of(request.GET)
    return render(request, "dashboard/credits/show.html", page.context(account, request.user, wanted))
