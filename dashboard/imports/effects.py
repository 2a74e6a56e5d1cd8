"""What an import will do, told before it is started."""

from dashboard.imports.account import Account
from dashboard.parts.entries import Effect, Notice


def of_import(account: Account) -> list[Effect | Notice]:
    """What is read, what is written here, and what does not happen."""
    told: list[Effect | Notice] = []
    if account.mode == "live":
        told.append(
            Notice(
                "This key opens the live account",
                "Real customers and real payments come into the books.",
                "look",
            )
        )
    told += [
        Effect(
            "The whole account is read",
            "Customers, payment methods, products, prices, subscriptions, payments, invoices with lines, "
            "refunds, disputes and credit notes.",
            "database-import",
        ),
        Effect("Nothing is changed at Stripe", "The import only reads.", "shield-check"),
        Effect(
            "What is new or has changed there is written here",
            "What is known stays as it is: importing twice changes nothing.",
            "circle-plus",
        ),
        Effect("Payments and refunds are posted", "Each once, under the day on which it happened.", "scale"),
        Effect("Refunds made at Stripe wait to be seen", "In the queue of refunds.", "eye"),
        Effect("Card numbers are never stored", "Brand, last four digits and expiry only.", "credit-card"),
        Effect("Nobody is written to", "", "mail-off"),
        Effect(
            "It runs in the background",
            "You may close the page. It goes on where it stopped, also after a restart.",
            "clock",
        ),
    ]
    return told
