"""The columns of the lists of credits."""

from django.template.loader import get_template
from django.urls import reverse

from billing.credits.models import CreditAccount, CreditEntry, CreditSource
from dashboard.actions import credit_words as words
from dashboard.credits.ledger import why
from dashboard.lists import columns


def address(account: CreditAccount) -> str:
    return reverse("credits:show", args=[account.pk])


def entry_address(entry: CreditEntry) -> str:
    return f"{reverse('credits:show', args=[entry.account_id])}?at={entry.pk}#ledger"


def balance(account: CreditAccount) -> str:
    if account.is_money:
        return columns.part("money", columns.desk.money(account.balance, account.currency))
    return words.figure(account, account.balance)


def owes(account: CreditAccount) -> str:
    """That the account is in debt, with how much; nothing otherwise."""
    owed = getattr(account, "owed", None)
    return (
        get_template("dashboard/credits/_owes.html").render({"words": words.of(account, owed)})
        if owed
        else ""
    )


def source_of(entry: CreditEntry) -> str:
    source = getattr(entry, "source", None)
    return CreditSource(source).label if source else ""


class AccountTable(columns.ListTable):
    unit = columns.Reference("Account", accessor="pk", address=address, place="m4")
    customer = columns.CustomerName()
    debt = columns.Made("Debt", owes, place="m3")
    balance = columns.Made("Balance", balance, figures=True, place="m2")
    next_expiry = columns.Moment("Next ends", accessor="next_expiry", wide=True, none="never")
    created = columns.Moment("Opened", accessor="created_at", sort="created", wide=True)

    def render_unit(self, record: CreditAccount) -> str:
        return columns.part("ref", columns.desk.ref(words.title(record), address(record)))


class EntryTable(columns.ListTable):
    at = columns.Reference("What", accessor="pk", address=entry_address, place="m3")
    customer = columns.CustomerName(accessor="account__customer")
    source = columns.Made("From", source_of, dim=True, wide=True)
    reason = columns.Made("Reason", why, dim=True, wide=True)
    who = columns.ListColumn("Who", accessor="actor_name", place="m4")
    amount = columns.Made(
        "Amount", lambda entry: words.of(entry.account, entry.amount), figures=True, place="m2"
    )
    when = columns.Moment("When", accessor="at", sort="at")

    def render_at(self, record: CreditEntry) -> str:
        said = record.get_movement_display()
        return columns.part("ref", columns.desk.ref(said, entry_address(record)))
