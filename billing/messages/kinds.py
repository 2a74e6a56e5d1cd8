"""What customers are written about, and which facts each kind of message may use."""

from dataclasses import dataclass

from billing.errors import Missing

#: Every message knows these, whatever it is about.
ALWAYS = ("customer_name", "company")

MEANINGS = {
    "customer_name": "the customer's name",
    "company": "our name",
    "amount": "the amount, as the customer's language writes it",
    "reference": "our reference",
    "date": "the day, as the customer's language writes it",
    "note": "the note to the customer, where one was written",
    "credits": "how many of which credits, or the amount of store credit",
    "expires_on": "the day on which they end, where they end",
    "card": "the card, by its brand and last four digits",
    "month": "the month in which the card expires, as 12/2029",
    "link": "the address of the page on which they leave a new card",
    "number": "the number of the invoice or credit note",
    "invoice": "the number of the invoice",
    "percent": "the share of the quota that is used",
    "limit": "the whole quota, with its unit",
    "meter": "the name of what is measured",
    "outage": "what was out, as the incident's title names it",
    "renews_on": "the day on which the next allowance begins, where it is known",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One reason to write. ``facts`` are what its templates may name beside `ALWAYS`."""

    name: str
    label: str
    when: str
    facts: tuple[str, ...]

    @property
    def placeholders(self) -> tuple[str, ...]:
        return (*ALWAYS, *self.facts)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "refund_promised",
            "Refund on its way",
            "when a refund is promised, if its dialog said so",
            ("amount", "reference", "note"),
        ),
        Kind(
            "refund_succeeded",
            "Refund arrived",
            "when somebody asks for it on a refund that has arrived",
            ("amount", "reference", "date", "note"),
        ),
        Kind(
            "refund_failed",
            "Refund came back",
            "when somebody asks for it on a refund that failed",
            ("amount", "reference"),
        ),
        Kind(
            "credits_granted",
            "Credits granted",
            "when credits are granted, if the dialog said so",
            ("credits", "expires_on", "note"),
        ),
        Kind(
            "credits_expiring",
            "Credits about to end",
            "a week before credits end",
            ("credits", "expires_on"),
        ),
        Kind(
            "card_expiring",
            "Card about to expire",
            "in the month before a card expires and in that month, once each",
            ("card", "month", "link"),
        ),
        Kind(
            "invoice_issued",
            "Invoice",
            "when somebody sends an invoice, with its PDF",
            ("amount", "number", "date", "note"),
        ),
        Kind(
            "credit_note_issued",
            "Credit note",
            "when a credit note is issued, if the dialog said so",
            ("amount", "number", "invoice", "date"),
        ),
        Kind(
            "usage_threshold",
            "Quota nearly used",
            "when 80 % of a quota is used, and when all of it is",
            ("percent", "limit", "meter", "renews_on"),
        ),
        Kind(
            "incident_credited",
            "Credit for an outage",
            "when store credit is given for an outage, if the dialog said so",
            ("amount", "outage", "date", "reference", "note"),
        ),
    )
}


def kind_named(name: str) -> Kind:
    """Raises `Missing` for one that nobody declared."""
    try:
        return KINDS[name]
    except KeyError:
        raise Missing("message_kind_unknown", f"There is no message called {name!r}.") from None
