"""What a billing run will do, told before it is started."""

from datetime import datetime

from billing.billing_run.due import count_due
from billing.billing_run.starting import end_of, under_way
from dashboard.billing_runs.words import label
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import grouped


def of_billing(now: datetime) -> list[Effect | Notice]:
    """How many are due, and what becomes of them."""
    due = count_due(now)
    if live := under_way(now):
        return [Notice(f"{label(live)} is under way", "It bills what is due: follow it on its page.", "wait")]
    if not due:
        return [Notice("Nothing is due", "Every subscription that we collect has been billed.", "idle")]
    many = "1 subscription is due" if due == 1 else f"{grouped(due)} subscriptions are due"
    return [
        Effect(many, "Those whose period has ended, and those of days that were missed.", "calendar-due"),
        Effect(
            "Each gets an invoice for its next period",
            "With what waited for it, the tax of its day and the next number.",
            "file-invoice",
        ),
        Effect("Credits of the plans are granted", "Once for each period, whoever comes first.", "coins"),
        Effect(
            "Trials go on or end, changes that waited come into force",
            "As was agreed with each customer.",
            "repeat",
        ),
        Effect(
            "Who cannot be billed stops nobody",
            "They are listed with the reason and can be tried again.",
            "list-check",
        ),
        Effect(
            "Nobody is billed twice",
            "Not by two runs at once, nor by one that was interrupted.",
            "shield-check",
        ),
        Effect("It runs in the background", "You may close the page.", "clock"),
    ]


def of_dry_run(until: object, now: datetime) -> list[Effect | Notice]:
    """What a dry run tells."""
    told: list[Effect | Notice] = [
        Notice("Nothing is written", "It reads what billing would read, in a way that cannot write.", "look")
    ]
    if until:
        due = count_due(end_of(until))  # type: ignore[arg-type]
        told.append(
            Effect(
                f"{grouped(due)} subscriptions come due by then",
                "More than once where their periods are short.",
                "calendar-due",
            )
        )
    return [
        *told,
        Effect(
            "Invoices, tax and totals for each currency", "By the rules and prices in force.", "file-invoice"
        ),
        Effect("What differs from last month", "In sum, and the subscriptions that differ most.", "scale"),
        Effect("Who could not be billed, and why", "Before the day comes.", "list-check"),
    ]
