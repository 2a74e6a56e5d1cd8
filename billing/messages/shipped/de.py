"""The texts as shipped, in German."""

TEXTS = {
    "refund_promised": (
        "Ihre Rückerstattung von {amount} ist unterwegs",
        """\
Guten Tag {customer_name},

wir haben {amount} auf Ihrem Zahlungsweg zurückgeschickt. Bis die Bank den Betrag zeigt, können zehn \
Tage vergehen.

{note}

Unsere Referenz ist {reference}. Bitte nennen Sie sie bei Rückfragen.

Mit freundlichen Grüßen
{company}
""",
    ),
    "refund_succeeded": (
        "Ihre Rückerstattung von {amount} ist ausgezahlt",
        """\
Guten Tag {customer_name},

die Bank hat Ihre Rückerstattung von {amount} am {date} bestätigt.

{note}

Unsere Referenz ist {reference}.

Mit freundlichen Grüßen
{company}
""",
    ),
    "refund_failed": (
        "Ihre Rückerstattung von {amount} kam nicht an",
        """\
Guten Tag {customer_name},

Ihre Bank hat die Rückerstattung von {amount} nicht angenommen. Wir schulden Ihnen den Betrag weiterhin. \
Bitte antworten Sie auf diese Nachricht, damit wir einen anderen Weg finden.

Unsere Referenz ist {reference}.

Mit freundlichen Grüßen
{company}
""",
    ),
    "credits_granted": (
        "Sie haben {credits} erhalten",
        """\
Guten Tag {customer_name},

wir haben Ihrem Konto {credits} gutgeschrieben.
Das Guthaben gilt bis zum {expires_on}.

{note}

Mit freundlichen Grüßen
{company}
""",
    ),
    "credits_expiring": (
        "{credits} verfallen am {expires_on}",
        """\
Guten Tag {customer_name},

Sie haben noch {credits}, die bis zum {expires_on} genutzt werden können. Danach verfallen sie.

Mit freundlichen Grüßen
{company}
""",
    ),
    "card_expiring": (
        "Ihre Karte {card} läuft {month} ab",
        """\
Guten Tag {customer_name},

die Karte {card}, der wir Ihre Rechnungen belasten, läuft {month} ab.
Bitte hinterlegen Sie hier eine neue, damit nichts unterbrochen wird:
{link}

Mit freundlichen Grüßen
{company}
""",
    ),
    "invoice_issued": (
        "Rechnung {number} über {amount}",
        """\
Guten Tag {customer_name},

anbei erhalten Sie die Rechnung {number} über {amount}.
Sie ist am {date} fällig.

{note}

Mit freundlichen Grüßen
{company}
""",
    ),
    "credit_note_issued": (
        "Gutschrift {number}",
        """\
Guten Tag {customer_name},

wir haben am {date} die Gutschrift {number} über {amount} ausgestellt.
Sie gehört zur Rechnung {invoice}.

Mit freundlichen Grüßen
{company}
""",
    ),
    "usage_threshold": (
        "Sie haben {percent} von {meter} verbraucht",
        """\
Guten Tag {customer_name},

Sie haben {percent} von {limit} ({meter}) verbraucht, die Ihr Tarif enthält.
Das nächste Kontingent beginnt am {renews_on}.

Mit freundlichen Grüßen
{company}
""",
    ),
    "incident_credited": (
        "Wir haben Ihnen {amount} für einen Ausfall gutgeschrieben",
        """\
Guten Tag {customer_name},

am {date} hatten wir einen Ausfall: {outage}. Das tut uns leid.
Für die Zeit, in der Sie darauf verzichten mussten, haben wir Ihrem Konto {amount} gutgeschrieben.
Der Betrag wird mit Ihren nächsten Rechnungen verrechnet.

{note}

Referenz: {reference}

Mit freundlichen Grüßen
{company}
""",
    ),
}
