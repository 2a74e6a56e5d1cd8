"""What the kit page shows: made-up records of each kind."""

from datetime import UTC, date, datetime
from typing import Any

from billing.money import Money
from dashboard.parts.entries import Action, Effect, Fact, Moment, Notice, Progress
from dashboard.parts.states import state_of


def kit() -> dict[str, Any]:
    """The context of `dashboard/kit/index.html`."""
    asked = datetime(2026, 11, 18, 13, 9, tzinfo=UTC)
    return {
        "facts": [
            Fact("Amount", Money(128430, "EUR")),
            Fact("State", state_of("refund", "pending_approval")),
            Fact("Captured", datetime(2026, 10, 29, 8, 14, tzinfo=UTC)),
            Fact("Next charge", date(2026, 12, 1), note="yearly"),
            Fact("Credits left", 28412),
            Fact("Fee", None, why="Stripe has not told the fee yet."),
        ],
        "entries": [
            Moment("Refund of 14.70 EUR succeeded", asked, "circle-check-filled", "ok", "Stripe"),
            Moment(
                "Approval asked of Finance",
                asked,
                "hourglass",
                "wait",
                "Jude Okafor",
                "Charged by card and by transfer for INV-2026-004182. Transfer confirmed by bank.",
            ),
            Moment("Draft made", asked, "circle-dashed", who="Jude Okafor, from the payment page"),
        ],
        "effects": [
            Effect(
                "84.30 EUR goes back to Visa ···· 4242",
                "5 to 10 days. The fee of 1.69 EUR stays with Stripe.",
                "arrow-back-up",
            ),
            Effect("Credit note on INV-2026-003904", "70.25 net + 14.05 VAT at 20 %", "file-invoice"),
            Effect("Access does not change", "Business stays active to 29 Nov.", "repeat"),
            Effect("One e-mail, in French", "“Votre remboursement”.", "mail", "#mail", "Read it"),
        ],
        "actions": [
            Action("Refund…", "/desk/kit/dialog/", "receipt-refund"),
            Action("Erase…", "/", refusal="An invoice is open, and the law keeps it for 10 years."),
        ],
        "notices": [
            Notice("Finance must approve first", "Nothing moves until one of 4 people says yes."),
            Notice(
                "PayPal did not answer in 10 seconds",
                "We do not know yet whether the money moved. Looking it up again at 14:40.",
                "bad",
                url="#look",
                button="Look now",
            ),
            Notice(
                "84.30 EUR is on its way back", "REF-20261118-7K2M9QPA, credit note CN-2026-000318.", "ok"
            ),
            Notice(
                "Made outside, nobody has looked yet",
                "Found in Stripe at 12:58.",
                "look",
                url="#seen",
                button="Mark as seen",
            ),
        ],
        "run": Progress(
            "running",
            8214,
            12418,
            "Import of Stripe: 8,214 of 12,418",
            left="About 6 min left.",
            failed=3,
            failed_url="#failed",
            pause_url="#pause",
        ),
        "spark": [31, 29, 33, 27, 25, 27, 23, 21, 23, 21, 21, 15],
        "rows": [
            ("REF-20261118-7K2M9QPA", "pending_approval", "Brückner Feinmechanik GmbH", "de", 128430, "EUR"),
            ("REF-20261118-3VX8HT2D", "failed", "Kestrel & Lowe LLP", "en", 9900, "GBP"),
            ("REF-20261118-QN5R0WZC", "unseen", "株式会社みどり計測", "ja", 14800, "JPY"),
            ("REF-20261117-6ZH9VENB", "requires_action", "Ταχυδρομικές Λύσεις Α.Ε.", "el", 3650, "EUR"),
            ("REF-20261116-V7PD3AKG", "succeeded", "شركة النور للتجارة", "ar", 9900, "USD"),
        ],
        "asked": asked,
        "figure": {
            "data": [
                {
                    "type": "bar",
                    "x": ["Aug", "Sep", "Oct", "Nov"],
                    "y": [118, 189, 176, 182],
                    "marker": {"color": "token:c-new"},
                    "hovertemplate": "%{y}<extra>New</extra>",
                },
                {
                    "type": "bar",
                    "x": ["Aug", "Sep", "Oct", "Nov"],
                    "y": [-96, -82, -79, -79],
                    "marker": {"color": "token:c-churn"},
                    "hovertemplate": "%{y}<extra>Churn</extra>",
                },
            ],
            "layout": {"barmode": "relative"},
        },
    }
