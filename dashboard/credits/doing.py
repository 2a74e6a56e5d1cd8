"""What can be done with credits: grant, take back, move an end, transfer, reverse."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.approvals.models import Approval
from billing.credits import services
from billing.credits.models import CreditAccount, CreditEntry, CreditLot, CreditUnit
from billing.credits.queries import accounts_of
from billing.credits.told import Moved, Short
from billing.customers.queries import customer_by_reference
from billing.errors import Conflict
from billing.payments.queries import currencies_in_use
from dashboard.access import who_may
from dashboard.actions import credit_words as words
from dashboard.actions.crediting import gift_of, unit_of, units_in
from dashboard.actions.dialog import Done, act
from dashboard.actions.related import link
from dashboard.credits import effects
from dashboard.credits.forms import GiveForm, MoveForm, ReverseForm, TakeBackForm, TransferForm
from dashboard.credits.ledger import lot_words
from dashboard.credits.tables import address
from dashboard.credits.views import account_or_404
from dashboard.lists.names import name_of
from dashboard.staff.actors import actor_of


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("credits.grant")
def give(request: HttpRequest, reference: str) -> HttpResponse:
    """Grants a customer units or store credit; `what` in the address chooses the unit beforehand."""
    customer = customer_by_reference(reference)
    if customer is None:
        raise Http404(f"There is no customer {reference}.")
    accounts = list(accounts_of(customer.pk))
    theirs = [each.currency for each in accounts if each.is_money]
    currencies = list(dict.fromkeys([*theirs, customer.currency, *currencies_in_use()]))
    actor = actor_of(request.user)
    what = unit_of(request.GET.get("what", ""))
    here = next((address(each) for each in accounts if (each.unit, each.currency) == what), "")
    return act(
        request,
        template="dashboard/credits/give.html",
        form=lambda data: GiveForm(
            data, units=units_in([code for code in currencies if code]), what=request.GET.get("what", "")
        ),
        effects=lambda form: effects.of_gift(form, customer, actor),
        primary=effects.button,
        perform=lambda form, key: services.give(
            customer_id=customer.pk,
            gift=gift_of(form.cleaned_data),
            actor=actor,
            form_key=key,
            now=timezone.now(),
        ),
        done=_given,
        back=here or reverse("customers:show", args=[customer.reference]),
        context={"customer": customer, "name": name_of(customer)},
    )


def _given(made: Moved | Approval) -> Done:
    if isinstance(made, Approval):
        return Done(
            f"{made.reference} waits for a second person",
            "Nothing is granted until they have decided.",
            url=link("approvals:show", made.reference),
            link="Open the request",
            go=True,
            tone="wait",
        )
    account = CreditAccount.objects.get(pk=made.account_id)
    granted = sum(amount for _lot, amount in made.parts)
    return Done(
        f"{words.of(account, granted)} granted",
        f"The balance is {words.of(account, made.balance_after)}.",
        url=address(account),
        go=True,
    )


def _lot(pk: int) -> tuple[CreditLot, CreditAccount]:
    lot = CreditLot.objects.select_related("account__customer__identity").filter(pk=pk).first()
    if lot is None:
        raise Http404("There are no such credits.")
    return lot, lot.account


def _known(account: CreditAccount, **more: Any) -> dict[str, Any]:
    return {"account": account, "title": words.title(account), "name": name_of(account.customer), **more}


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("credits.grant")
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes what is left of a lot back, in full or in part."""
    lot, account = _lot(pk)
    return act(
        request,
        template="dashboard/credits/take_back.html",
        form=lambda data: TakeBackForm(data, held=max(lot.remainder, 0), currency=account.currency),
        effects=lambda form: effects.of_taking(form, lot, account),
        primary=lambda form: f"Take back {words.of(account, form.minor)}" if form.minor else "Take back",
        perform=lambda form, key: services.take_back(
            lot_id=lot.pk,
            amount=form.minor or 0,
            actor=actor_of(request.user),
            now=timezone.now(),
            key=key,
            reason=form.cleaned_data["reason"],
        ),
        done=lambda moved: Done(
            f"{words.of(account, -moved.amount)} taken back",
            f"The balance is {words.of(account, moved.balance_after)}.",
            url=address(account),
            go=True,
        ),
        back=address(account),
        context=_known(account, lot=lot_words(lot, account)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("credits.grant")
def move_expiry(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives a lot another end."""
    lot, account = _lot(pk)
    return act(
        request,
        template="dashboard/credits/move_expiry.html",
        form=lambda data: MoveForm(data, now_until=lot.expires_at),
        effects=lambda form: effects.of_moving(form, lot, account),
        primary=lambda form: "Move the end",
        perform=lambda form, key: services.move_expiry(
            lot_id=lot.pk,
            expires_at=form.cleaned_data["expires_on"],
            actor=actor_of(request.user),
            now=timezone.now(),
            key=key,
            reason=form.cleaned_data["reason"],
        ),
        done=lambda moved: Done("The end is moved", url=address(account), go=True),
        back=address(account),
        context=_known(account, lot=lot_words(lot, account)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("credits.grant")
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Moves units to another account of the same customer."""
    account = account_or_404(pk)
    others = accounts_of(account.customer_id).exclude(pk=account.pk).exclude(unit=CreditUnit.MONEY)
    targets = {str(each.pk): each for each in others}
    if account.is_money or not targets:
        raise Http404("There is no other account that these could go to.")

    def perform(form: TransferForm, key: str) -> tuple[Moved, ...]:
        arrives = form.cleaned_data.get("arrives")
        moved = services.transfer_by_hand(
            from_account_id=account.pk,
            to_account_id=int(form.cleaned_data["to"]),
            amount=form.cleaned_data["amount"],
            arrives=arrives or None,
            actor=actor_of(request.user),
            now=timezone.now(),
            key=key,
            reason=form.cleaned_data["reason"],
        )
        if isinstance(moved, Short):
            raise Conflict(
                "credits_short",
                f"How many leave: only {words.of(account, moved.available)} can, "
                f"{words.of(account, moved.missing)} are missing.",
            )
        return moved

    return act(
        request,
        template="dashboard/credits/transfer.html",
        form=lambda data: TransferForm(
            data, targets=[(key, words.title(each)) for key, each in targets.items()]
        ),
        effects=lambda form: effects.of_transfer(form, account, targets),
        primary=lambda form: "Transfer",
        perform=perform,
        done=lambda moved: Done(
            f"{words.of(account, -moved[0].amount)} transferred", url=address(account), go=True
        ),
        back=address(account),
        context=_known(account),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("credits.grant")
def reverse_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Undoes a movement."""
    entry = CreditEntry.objects.select_related("account__customer__identity").filter(pk=pk).first()
    if entry is None:
        raise Http404("There is no such movement.")
    account = entry.account
    return act(
        request,
        template="dashboard/credits/reverse.html",
        form=ReverseForm,
        effects=lambda form: effects.of_reversal(entry, account),
        primary=lambda form: "Undo it",
        perform=lambda form, key: services.undo(
            entry_id=entry.pk,
            actor=actor_of(request.user),
            now=timezone.now(),
            key=key,
            reason=form.cleaned_data["reason"],
        ),
        done=lambda moved: Done(
            f"Undone: {words.change(account, moved.amount)}",
            f"The balance is {words.of(account, moved.balance_after)}.",
            url=address(account),
            go=True,
        ),
        back=address(account),
        context=_known(
            account,
            entry=entry,
            said=entry.get_movement_display(),
            amount=words.change(account, entry.amount),
        ),
    )
